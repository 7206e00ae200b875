#include "audit/row_keys.h"

#include <string>

namespace kd {
namespace {

bool is_absent(std::string_view field) {
  return field.empty() || field == "-" || field == "\\N" || field == "null";
}

}  // namespace

AuditKey delta_key(std::int64_t at_ms, std::string_view ticker, bool yes, std::int64_t price,
                   std::int64_t size) {
  return AuditKeyBuilder().add(at_ms).add(ticker).add(std::int64_t{yes}).add(price).add(size).key();
}

AuditKey lifecycle_key(std::string_view ticker, std::string_view event_type) {
  return AuditKeyBuilder().add(ticker).add(event_type).key();
}

AuditKey trade_key(std::string_view id, std::int64_t price, std::int64_t size) {
  std::string lower(id);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return AuditKeyBuilder().add(lower).add(price).add(size).key();
}

AuditKey ticker_key(std::int64_t at_ms, std::string_view ticker,
                    std::span<const std::string_view> figures) {
  AuditKeyBuilder key;
  key.add(at_ms).add(ticker);
  for (const auto figure : figures) key.add(is_absent(figure) ? std::string_view() : figure);
  return key.key();
}

std::vector<std::string_view> split_fields(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace kd
