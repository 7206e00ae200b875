#include "book/stored_values.h"

#include <cstring>

namespace kd {
namespace {

constexpr std::size_t kEmptyArray = 12;
constexpr std::size_t kArrayHeader = 20;
constexpr std::size_t kElement = 12;  // length word and value

template <typename Int>
Int big_endian_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<Int>(value);
}

tl::unexpected<Error> malformed(const char* what) {
  return fail(Remedy::kDropItem, std::string("a stored book has ") + what);
}

}  // namespace

Expected<std::vector<std::int64_t>> int8_array_of(std::string_view column) {
  if (column.size() < kEmptyArray) return malformed("no array of numbers");
  if (big_endian_at<std::int32_t>(column, 0) == 0) return std::vector<std::int64_t>();
  if (column.size() < kArrayHeader) return malformed("no array of numbers");
  const auto count = static_cast<std::size_t>(big_endian_at<std::uint32_t>(column, kEmptyArray));
  if (column.size() != kArrayHeader + count * kElement) return malformed("NULL among its numbers");
  std::vector<std::int64_t> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = big_endian_at<std::int64_t>(column, kArrayHeader + i * kElement + 4);
  }
  return out;
}

Expected<std::vector<Level>> levels_of(std::string_view column) {
  KD_TRY(const auto flat, int8_array_of(column));
  if (flat.size() % 2 != 0) return malformed("a price without a size");
  std::vector<Level> out;
  out.reserve(flat.size() / 2);
  for (std::size_t i = 0; i < flat.size(); i += 2) {
    KD_TRY(const auto price, Price::from_raw(flat[i]));
    out.push_back({price, Size(flat[i + 1])});
  }
  return out;
}

Expected<std::vector<BookChange>> changes_of(std::string_view column) {
  KD_TRY(const auto flat, int8_array_of(column));
  if (flat.size() % 4 != 0) return malformed("an incomplete change in its anchor");
  std::vector<BookChange> out;
  out.reserve(flat.size() / 4);
  for (std::size_t i = 0; i < flat.size(); i += 4) {
    if (flat[i + 1] != 0 && flat[i + 1] != 1) return malformed("an unknown side in its anchor");
    KD_TRY(const auto price, Price::from_raw(flat[i + 2]));
    out.push_back({flat[i], flat[i + 1] == 1 ? Side::kYes : Side::kNo, price, Size(flat[i + 3])});
  }
  return out;
}

std::vector<std::int64_t> flat_levels(std::span<const Level> levels) {
  std::vector<std::int64_t> out;
  out.reserve(levels.size() * 2);
  for (const auto& level : levels) {
    out.push_back(level.price.raw());
    out.push_back(level.size.hundredths());
  }
  return out;
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

}  // namespace kd
