#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kd {

// Appends rows in PostgreSQL's COPY BINARY format to a byte buffer.
//
// A row is int16 columns, then per column int32 length and that many bytes, all big-endian;
// length -1 is NULL. Worked example, the row (int8 1, NULL): 0002 00000008 0000000000000001
// FFFFFFFF. Source: PostgreSQL manual, COPY, "Binary Format".
//
// No allocation once the buffer has grown. Confined to one thread.
class CopyRowWriter {
 public:
  explicit CopyRowWriter(std::vector<char>& out) : out_(out) {}

  void begin_row(std::int16_t columns) { put(columns); }

  void null() { put(std::int32_t{-1}); }
  void boolean(bool value) {
    put(std::int32_t{1});
    out_.push_back(value ? 1 : 0);
  }
  void int2(std::int16_t value) { sized(value); }
  void int4(std::int32_t value) { sized(value); }
  void int8(std::int64_t value) { sized(value); }
  void int8(std::optional<std::int64_t> value) { value ? sized(*value) : null(); }
  void bytes(std::string_view value) {  // text, bytea, uuid (16 raw bytes), json
    put(static_cast<std::int32_t>(value.size()));
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void jsonb(std::string_view json) {  // a version byte, then the text
    put(static_cast<std::int32_t>(json.size() + 1));
    out_.push_back(1);
    out_.insert(out_.end(), json.begin(), json.end());
  }
  void int8_array(std::span<const std::int64_t> values) {
    constexpr std::int32_t kInt8Oid = 20;
    const auto count = static_cast<std::int32_t>(values.size());
    if (count == 0) {
      put(std::int32_t{12});
      put(std::int32_t{0});  // dimensions
      put(std::int32_t{0});  // has no NULL
      put(kInt8Oid);
      return;
    }
    put(std::int32_t{20 + 12 * count});
    put(std::int32_t{1});
    put(std::int32_t{0});
    put(kInt8Oid);
    put(count);
    put(std::int32_t{1});  // lower bound
    for (const auto value : values) sized(value);
  }
  void text_array(std::span<const std::string_view> values) {
    constexpr std::int32_t kTextOid = 25;
    std::int32_t size = values.empty() ? 12 : 20;
    for (const auto value : values) size += 4 + static_cast<std::int32_t>(value.size());
    put(size);
    put(std::int32_t{values.empty() ? 0 : 1});
    put(std::int32_t{0});
    put(kTextOid);
    if (values.empty()) return;
    put(static_cast<std::int32_t>(values.size()));
    put(std::int32_t{1});
    for (const auto value : values) bytes(value);
  }

  // Overwrites an int8 column written earlier; `at` is the offset of its length word.
  static void patch_int8(std::vector<char>& out, std::size_t at, std::int64_t value) {
    const auto wire = big_endian(value);
    std::memcpy(out.data() + at + 4, &wire, sizeof(wire));
  }

 private:
  static std::uint16_t big_endian(std::int16_t v) {
    return __builtin_bswap16(static_cast<std::uint16_t>(v));
  }
  static std::uint32_t big_endian(std::int32_t v) {
    return __builtin_bswap32(static_cast<std::uint32_t>(v));
  }
  static std::uint64_t big_endian(std::int64_t v) {
    return __builtin_bswap64(static_cast<std::uint64_t>(v));
  }

  template <typename Int>
  void put(Int value) {
    const auto wire = big_endian(value);
    const auto at = out_.size();
    out_.resize(at + sizeof(wire));
    std::memcpy(out_.data() + at, &wire, sizeof(wire));
  }
  template <typename Int>
  void sized(Int value) {
    put(static_cast<std::int32_t>(sizeof(value)));
    put(value);
  }

  std::vector<char>& out_;
};
static_assert(std::endian::native == std::endian::little, "CopyRowWriter swaps bytes");

}  // namespace kd
