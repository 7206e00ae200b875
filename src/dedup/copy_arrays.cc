#include "dedup/copy_arrays.h"

#include <cstring>
#include <optional>

namespace kd {
namespace {

constexpr std::uint32_t kInt8Oid = 20;
constexpr std::uint32_t kTextOid = 25;

std::optional<std::uint32_t> take_word(std::string_view& bytes) {
  std::uint32_t word = 0;
  if (bytes.size() < sizeof(word)) return std::nullopt;
  std::memcpy(&word, bytes.data(), sizeof(word));
  bytes.remove_prefix(sizeof(word));
  return __builtin_bswap32(word);
}

// Reads the head; the number of elements that follow.
std::optional<std::uint32_t> take_head(std::string_view& bytes, std::uint32_t oid) {
  const auto dimensions = take_word(bytes);
  const auto has_null = take_word(bytes);
  const auto element = take_word(bytes);
  if (!has_null || element != oid || *dimensions > 1) return std::nullopt;
  if (*dimensions == 0) return 0;
  const auto count = take_word(bytes);
  if (!take_word(bytes)) return std::nullopt;  // the lower bound
  return count;
}

std::optional<std::string_view> take_element(std::string_view& bytes) {
  const auto size = take_word(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;  // NULL is 2^32 - 1
  const auto element = bytes.substr(0, *size);
  bytes.remove_prefix(*size);
  return element;
}

}  // namespace

bool read_text_array(std::string_view bytes, std::vector<std::string_view>& out) {
  out.clear();
  const auto count = take_head(bytes, kTextOid);
  if (!count) return false;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto element = take_element(bytes);
    if (!element) return false;
    out.push_back(*element);
  }
  return bytes.empty();
}

bool read_int8_array(std::string_view bytes, std::vector<std::int64_t>& out) {
  out.clear();
  const auto count = take_head(bytes, kInt8Oid);
  if (!count) return false;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto element = take_element(bytes);
    std::uint64_t wire = 0;
    if (!element || element->size() != sizeof(wire)) return false;
    std::memcpy(&wire, element->data(), sizeof(wire));
    out.push_back(static_cast<std::int64_t>(__builtin_bswap64(wire)));
  }
  return bytes.empty();
}

}  // namespace kd
