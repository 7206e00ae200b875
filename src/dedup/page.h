#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "database/cursors.h"

namespace kd {

// Consecutive rows of one gatherer's table, in order of position. A value, moved between the
// gatherer's reader and the writer.
struct Page {
  std::size_t gatherer = 0;  // index in the deduplicator's list
  std::size_t table = 0;     // index in table_specs()
  std::uint64_t epoch = 0;   // of the PageBoard
  std::int64_t after = 0;    // the rows have positions beyond this one
  bool rewinds = false;      // starts at the oldest row again: the cursor's row was gone
  SyncCursor end;            // names the last row
  std::vector<char> rows;    // COPY binary, every row known to be well-formed
  std::int64_t row_count = 0;
};

}  // namespace kd
