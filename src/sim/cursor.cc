#include "sim/cursor.h"

#include <fmt/format.h>

#include "net/crypto.h"
#include "sim/numbers.h"

namespace kd::sim {

namespace {

std::uint32_t digest(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

}  // namespace

std::string make_cursor(std::string_view query_key, std::int64_t position) {
  return base64_encode(fmt::format("{:08x}{:016}", digest(query_key), position));
}

std::optional<std::int64_t> read_cursor(std::string_view query_key, std::string_view cursor) {
  const auto text = base64_decode(cursor);
  if (!text || text->size() != 24) return std::nullopt;
  if (text->substr(0, 8) != fmt::format("{:08x}", digest(query_key))) return std::nullopt;
  return parse_int(std::string_view(*text).substr(8));
}

}  // namespace kd::sim
