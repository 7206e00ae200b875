#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/copy_reader.h"
#include "dedup/frozen_lines.h"
#include "dedup/page.h"
#include "dedup/seen_set.h"
#include "dedup/table_spec.h"

namespace kd {

// Where a row of a RowSet came from.
struct RowOrigin {
  std::int64_t position;
  std::int64_t stamp_us;
  std::uint32_t gatherer;
  std::uint32_t end;  // the row ends at this offset of `bytes`
};

// Rows in production's COPY-binary form. Reused: clear() keeps the memory.
struct RowSet {
  std::vector<char> bytes;
  std::vector<RowOrigin> origins;

  std::size_t rows() const { return origins.size(); }
  void clear() {
    bytes.clear();
    origins.clear();
  }
};

// A row that production's time partitions do not take.
struct RefusedRow {
  std::uint32_t gatherer = 0;
  std::int64_t position = 0;
  std::string reason;
  std::string frame;  // the gatherer's row in COPY-binary form
};

struct MergedRows {
  RowSet direct;  // surely not in production
  RowSet staged;  // production must be asked
  std::vector<RefusedRow> refused;
  std::vector<std::int64_t> partitions;  // a stamp inside each partition the rows need
  std::int64_t duplicates = 0;           // rows another gatherer, or an earlier page, had brought

  void clear();
};

// The stamps production takes: from the first listing to an hour ahead.
struct StampBounds {
  std::int64_t from_us;
  std::int64_t until_us;

  static StampBounds at(std::int64_t now_us);
  bool hold(std::int64_t stamp_us) const { return from_us <= stamp_us && stamp_us <= until_us; }
};

// Decides for one table, row by row, what becomes of the pages of all gatherers. Does no I/O and
// reads no clock. The hot path: a row costs a hash, a look-up and a copy of its bytes; nothing is
// allocated once the buffers have grown. Confined to the writer's thread.
class TableMerge {
 public:
  struct Options {
    std::vector<std::string> gatherers;  // ids, in the order of Page::gatherer
    SeenSet::Options seen;
    std::int64_t partition_us = 0;  // width of production's partitions; 0: none
    std::uint64_t seed = 0;         // of the identities
  };

  TableMerge(const TableSpec& spec, Options options);

  // Appends the page's rows to `out`. `lines`, if any, is told of every book change.
  void add(const Page& page, std::int64_t now_us, MergedRows& out, FrozenLines* lines = nullptr);

  SeenSet& seen() { return seen_; }
  void set_partition_width(std::int64_t width_us) { options_.partition_us = width_us; }

 private:
  struct Range {
    std::size_t first;
    std::size_t last;
  };

  bool accept_stamp(const StampBounds& bounds, RowOrigin& origin) const;
  bool goes_elsewhere(const CopyRow& row) const;
  Identity identity_of(const CopyRow& row, std::size_t gatherer) const;
  void keep(const CopyRow& row, const RowOrigin& origin, RowSet& out) const;
  void refuse(const CopyRow& row, const RowOrigin& origin, MergedRows& out) const;
  void note_partition(std::int64_t stamp_us, MergedRows& out);

  const TableSpec& spec_;
  Options options_;
  std::vector<Range> key_ranges_;                   // neighbouring key columns, taken together
  std::vector<std::vector<char>> gatherer_column_;  // each id as a COPY column
  std::vector<char> row_head_;                      // the column count
  SeenSet seen_;
  std::int64_t last_partition_ = -1;
};

// `position`, and the stamp, as every gatherer's table has them.
inline std::int64_t position_of(const CopyRow& row) { return row.int8(0).value_or(0); }

}  // namespace kd
