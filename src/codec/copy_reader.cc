#include "codec/copy_reader.h"

#include <cstring>

namespace kd {
namespace {

std::uint16_t load16(const char* at) {
  std::uint16_t wire = 0;
  std::memcpy(&wire, at, sizeof(wire));
  return __builtin_bswap16(wire);
}

std::int32_t load32(const char* at) {
  std::uint32_t wire = 0;
  std::memcpy(&wire, at, sizeof(wire));
  return static_cast<std::int32_t>(__builtin_bswap32(wire));
}

}  // namespace

std::optional<std::int64_t> CopyRow::int8(std::size_t column) const {
  const auto value = bytes(column);
  if (value.size() != sizeof(std::int64_t)) return std::nullopt;
  std::uint64_t wire = 0;
  std::memcpy(&wire, value.data(), sizeof(wire));
  return static_cast<std::int64_t>(__builtin_bswap64(wire));
}

bool CopyReader::next(CopyRow& row) {
  constexpr std::size_t kCountWord = 2;
  if (columns_ > CopyRow::kMaxColumns || left_ < kCountWord || load16(at_) != columns_) {
    return false;
  }
  std::size_t at = kCountWord;
  for (std::size_t column = 0; column < columns_; ++column) {
    row.starts_[column] = at;
    if (left_ - at < CopyRow::kLengthWord) return false;
    const auto length = load32(at_ + at);
    at += CopyRow::kLengthWord;
    if (length < -1) return false;
    const auto size = length < 0 ? 0 : static_cast<std::size_t>(length);
    if (left_ - at < size) return false;
    at += size;
  }
  row.starts_[columns_] = at;
  row.columns_ = columns_;
  row.data_ = at_;
  at_ += at;
  left_ -= at;
  return true;
}

}  // namespace kd
