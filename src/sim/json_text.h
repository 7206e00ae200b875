#pragma once

#include <string>
#include <string_view>

#include "sim/numbers.h"

namespace kd::sim {

// "text" with quotes and the escapes JSON demands.
void append_json_string(std::string& out, std::string_view text);

// Writes one JSON object by appending: fast, since nothing is built before it is text.
//
//     JsonObject object(out);
//     object.text("ticker", "A").number("sid", 1);
//     object.close();
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }

  JsonObject& text(std::string_view key, std::string_view value) {
    append_json_string(this->key(key), value);
    return *this;
  }
  JsonObject& number(std::string_view key, std::int64_t value) {
    append_int(this->key(key), value);
    return *this;
  }
  JsonObject& boolean(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
  }
  JsonObject& null(std::string_view key) { return raw(key, "null"); }
  JsonObject& price(std::string_view key, std::int32_t value) {
    append_price(open_quote(key), value);
    out_.push_back('"');
    return *this;
  }
  JsonObject& count(std::string_view key, std::int64_t hundredths) {
    append_count(open_quote(key), hundredths);
    out_.push_back('"');
    return *this;
  }
  // `value` is JSON already.
  JsonObject& raw(std::string_view key, std::string_view value) {
    this->key(key).append(value);
    return *this;
  }
  // Members that are JSON text already: "a":1,"b":2
  JsonObject& members(std::string_view text) {
    if (text.empty()) return *this;
    separate();
    out_.append(text);
    return *this;
  }
  // Appends the key; the caller appends the value to what is returned. Keys need no escapes.
  std::string& key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_.append(name).append("\":");
    return out_;
  }
  void close() { out_.push_back('}'); }

 private:
  void separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }
  std::string& open_quote(std::string_view name) {
    key(name).push_back('"');
    return out_;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace kd::sim
