#include "model/uuid.h"

#include <string>

namespace kd {
namespace {

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Expected<Uuid> Uuid::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(Remedy::kDropItem, "not a UUID: '" + std::string(text) + "'");
  };
  if (text.size() != 36) return bad();
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    const bool dash_before = i == 4 || i == 6 || i == 8 || i == 10;
    if (dash_before && text[at++] != '-') return bad();
    const int high = nibble(text[at]);
    const int low = nibble(text[at + 1]);
    if (high < 0 || low < 0) return bad();
    uuid.bytes[i] = static_cast<char>(high * 16 + low);
    at += 2;
  }
  return uuid;
}

}  // namespace kd
