#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "codec/row_batch.h"

namespace kd {

// A place in the spill files of one table: everything before it has been dealt with.
struct SpillPlace {
  std::int64_t file_id = 0;
  std::int64_t offset = 0;  // bytes from the beginning of the file

  friend bool operator==(const SpillPlace&, const SpillPlace&) = default;
};

// Where a batch that was read from disk stands there.
struct SpilledAt {
  std::int64_t file_id = 0;
  std::int64_t rows_offset = 0;  // of the first row's first byte
  std::int64_t end = 0;          // behind its record
};

// A batch on its way to its table, and what the way has to know of it. A value.
struct QueuedBatch {
  RowBatch rows;
  // The number of its last row among all that were pushed to the table; 0: by an earlier process.
  std::uint64_t last_row = 0;
  // The last position of a transaction that may have stored it already; 0: there was none.
  std::int64_t in_doubt_position = 0;
  std::optional<SpilledAt> spilled;  // absent: it is in memory only
  std::size_t first_row = 0;         // rows before it are stored
  std::int64_t counted_bytes = 0;    // what the memory budget counts for it
};

// Rows [first, last) of a batch that outlives it.
struct RowRange {
  RowBatch* batch = nullptr;
  std::size_t first = 0;
  std::size_t last = 0;

  std::size_t rows() const { return last - first; }
};

// Offset of a row's first byte within its batch; of the end, for row == rows().
inline std::size_t offset_of(const RowBatch& batch, std::size_t row) {
  return row < batch.rows() ? batch.row_starts[row] : batch.bytes.size();
}

inline std::string_view bytes_of(const RowRange& range) {
  const auto begin = offset_of(*range.batch, range.first);
  return {range.batch->bytes.data() + begin, offset_of(*range.batch, range.last) - begin};
}

}  // namespace kd
