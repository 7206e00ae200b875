#pragma once

#include <map>
#include <string>

namespace kd {

// A YAML string that the loader reads back as `text`.
std::string yaml_quoted(const std::string& text);

// A configuration file by its dotted keys, "connections.orderbook". A value.
class ConfigText {
 public:
  // `value` is YAML: a number, a duration, "[A, B]", or what yaml_quoted() made. Replaces an
  // earlier value of the key.
  void set(const std::string& key, std::string value) { values_[key] = std::move(value); }
  std::string text() const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace kd
