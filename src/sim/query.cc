#include "sim/query.h"

#include "sim/numbers.h"

namespace kd::sim {

namespace {

constexpr std::int64_t kMostNumber = 999'999'999'999'999;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus_is_blank ? ' ' : text[i]);
    }
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

Query::Query(std::string_view text) {
  for (const std::string& pair : split(text, '&')) {
    const auto equals = pair.find('=');
    const std::string_view view(pair);
    pairs_.emplace_back(percent_decode(view.substr(0, equals), true),
                        equals == std::string::npos
                            ? std::string()
                            : percent_decode(view.substr(equals + 1), true));
  }
}

const std::string* Query::find(std::string_view key) const {
  for (const auto& [name, value] : pairs_) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view Query::text(std::string_view key) const {
  const std::string* value = find(key);
  return value == nullptr ? std::string_view() : *value;
}

std::vector<std::string> Query::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : pairs_) {
    if (name == key && !value.empty()) values.push_back(value);
  }
  return values;
}

std::vector<std::string> Query::list(std::string_view key) const { return split(text(key), ','); }

bool Query::flag(std::string_view key, bool& bad) const {
  const std::string_view value = text(key);
  if (!value.empty() && value != "true" && value != "false") bad = true;
  return value == "true";
}

std::optional<std::int64_t> Query::number(std::string_view key, bool& bad) const {
  const std::string_view value = text(key);
  if (value.empty()) return std::nullopt;
  const auto number = parse_int(value);
  if (!number || *number > kMostNumber || *number < -kMostNumber) {
    bad = true;
    return std::nullopt;
  }
  return number;
}

}  // namespace kd::sim
