#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kd::sim {

// "%2E" -> "."; malformed escapes stay as they are. '+' is a blank in queries only.
std::string percent_decode(std::string_view text, bool plus_is_blank);

// The query of a request, decoded.
class Query {
 public:
  explicit Query(std::string_view text);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::string_view text(std::string_view key) const;         // "" when absent; the first of several
  std::vector<std::string> all(std::string_view key) const;  // repeated keys
  std::vector<std::string> list(std::string_view key) const;  // one value, parts between commas
  // False when absent; `bad` is set when it is neither true nor false.
  bool flag(std::string_view key, bool& bad) const;
  // Nothing when absent; `bad` is set when it is no integer of up to 15 digits (a Unix second that
  // can be counted in milliseconds).
  std::optional<std::int64_t> number(std::string_view key, bool& bad) const;

 private:
  const std::string* find(std::string_view key) const;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace kd::sim
