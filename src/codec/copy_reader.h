#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kd {

// One row inside a COPY-binary byte stream; see CopyRowWriter for the format. A view: valid as
// long as the bytes it was read from.
class CopyRow {
 public:
  static constexpr std::size_t kMaxColumns = 64;

  std::size_t columns() const { return columns_; }
  bool is_null(std::size_t column) const { return end(column) == begin(column) && null(column); }

  // The value's bytes; empty for NULL.
  std::string_view bytes(std::size_t column) const {
    return {data_ + begin(column), end(column) - begin(column)};
  }
  // nullopt: NULL, or not an 8-byte integer.
  std::optional<std::int64_t> int8(std::size_t column) const;

  // Columns [first, last) as they stand in the stream, length words included.
  std::string_view encoded(std::size_t first, std::size_t last) const {
    return {data_ + starts_[first], starts_[last] - starts_[first]};
  }
  // The whole row, column count included.
  std::string_view whole() const { return {data_, starts_[columns_]}; }

 private:
  friend class CopyReader;
  static constexpr std::size_t kLengthWord = 4;

  std::size_t begin(std::size_t column) const { return starts_[column] + kLengthWord; }
  std::size_t end(std::size_t column) const { return starts_[column + 1]; }
  bool null(std::size_t column) const {
    return static_cast<unsigned char>(data_[starts_[column]]) == 0xff;  // -1, the only negative
  }

  const char* data_ = nullptr;
  std::size_t columns_ = 0;
  std::array<std::size_t, kMaxColumns + 1> starts_{};  // of each column's length word
};

// Walks over the rows of a COPY-binary stream without header and trailer. Any bytes are safe:
// what does not follow the format ends the walk. A value; does not allocate.
class CopyReader {
 public:
  CopyReader(std::span<const char> rows, std::size_t columns)
      : at_(rows.data()), left_(rows.size()), columns_(columns) {}

  // False at the end, and at the first row that is no row of `columns` columns.
  bool next(CopyRow& row);
  // After next() returned false: whether it was the end.
  bool complete() const { return left_ == 0; }

 private:
  const char* at_;
  std::size_t left_;
  std::size_t columns_;
};

}  // namespace kd
