#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "database/cursors.h"
#include "dedup/table_spec.h"

namespace kd {

// A place in one gatherer's table. Positions can be compared within an incarnation only: each
// time the reader finds the table replaced and starts over, another one begins. A value.
struct TableMark {
  std::uint32_t incarnation = 0;  // since the epoch began
  std::int64_t position = 0;      // 0: before everything
};
using TableMarks = std::array<TableMark, 8>;
static_assert(std::tuple_size_v<TableMarks> == kTableCount);

// Consecutive rows of one gatherer's table, in order of position. A value, moved between the
// gatherer's reader and the writer.
struct Page {
  std::size_t gatherer = 0;  // index in the deduplicator's list
  std::size_t table = 0;     // index in table_specs()
  std::uint64_t epoch = 0;   // of the PageBoard
  std::int64_t after = 0;    // the rows have positions beyond this one
  bool rewinds = false;      // starts at the oldest row again: the cursor's row was gone
  bool backfills = false;    // old rows, which must not hold up others
  std::uint32_t incarnation = 0;
  SyncCursor end;          // names the last row
  std::vector<char> rows;  // COPY binary, every row known to be well-formed
  std::int64_t row_count = 0;
  // When its poll began, µs, if it left nothing behind; 0: it did. Set by the board.
  std::int64_t short_poll_us = 0;
  // Of watermarks: all that the gatherer had committed in each table before the last of them.
  TableMarks needs{};
};

}  // namespace kd
