#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace kd {

// Rows of one table in COPY-binary form, on their way from the thread that decoded them to the
// one that writes them. Every row's first column is `position`, written as 0 and filled in by
// the writer. Reused: clear() keeps the memory.
struct RowBatch {
  static constexpr std::int64_t kNoOldest = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kNoNewest = std::numeric_limits<std::int64_t>::min();

  std::vector<char> bytes;
  std::vector<std::uint32_t> row_starts;  // offset of each row in `bytes`
  std::vector<std::int64_t> exchange_us;  // exchange time of every 16th row, for the latency metric
  std::int64_t newest_sending_us = 0;     // 0: none of the frames had one
  // Within which all rows' times of the exchange lie; the sentinels: no row.
  std::int64_t oldest_exchange_us = kNoOldest;
  std::int64_t newest_exchange_us = kNoNewest;

  std::size_t rows() const { return row_starts.size(); }
  bool empty() const { return row_starts.empty(); }
  void clear() {
    bytes.clear();
    row_starts.clear();
    exchange_us.clear();
    newest_sending_us = 0;
    oldest_exchange_us = kNoOldest;
    newest_exchange_us = kNoNewest;
  }
  void widen_exchange_time(std::int64_t us) {
    oldest_exchange_us = std::min(oldest_exchange_us, us);
    newest_exchange_us = std::max(newest_exchange_us, us);
  }
  // What it takes of the memory, filled or not.
  std::int64_t memory_bytes() const {
    return static_cast<std::int64_t>(bytes.capacity() +
                                     row_starts.capacity() * sizeof(std::uint32_t) +
                                     exchange_us.capacity() * sizeof(std::int64_t));
  }
};

// Offset of the length word of `position` within a row: behind the column count.
inline constexpr std::size_t kPositionColumn = 2;

}  // namespace kd
