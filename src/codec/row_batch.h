#pragma once

#include <cstdint>
#include <vector>

namespace kd {

// Rows of one table in COPY-binary form, on their way from the thread that decoded them to the
// one that writes them. Every row's first column is `position`, written as 0 and filled in by
// the writer. Reused: clear() keeps the memory.
struct RowBatch {
  std::vector<char> bytes;
  std::vector<std::uint32_t> row_starts;  // offset of each row in `bytes`
  std::vector<std::int64_t> exchange_us;  // exchange time of every 16th row, for the latency metric
  std::int64_t newest_sending_us = 0;     // 0: none of the frames had one

  std::size_t rows() const { return row_starts.size(); }
  bool empty() const { return row_starts.empty(); }
  void clear() {
    bytes.clear();
    row_starts.clear();
    exchange_us.clear();
    newest_sending_us = 0;
  }
};

// Offset of the length word of `position` within a row: behind the column count.
inline constexpr std::size_t kPositionColumn = 2;

}  // namespace kd
