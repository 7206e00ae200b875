#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "book/timeline.h"

namespace kd {

// One market of an imagined exchange, with its true book at every millisecond: bursts of changes
// inside single milliseconds (equal ones among them), quiet stretches, and lines that connect again
// and again, each time with a snapshot that was sent late: changes stamped before its sending time
// come behind it. A value; the same seed gives the same market.
struct GeneratedMarket {
  struct Change {
    BookChange change;
    std::int16_t occurrence = 0;  // among equal changes of its millisecond
    std::int32_t ordinal = 0;     // within its millisecond
  };
  struct Snapshot {
    std::string line;
    std::int64_t stream_id = 0;
    std::int64_t sent = 0;        // snapshot_ts, µs
    std::size_t next_change = 0;  // the first one that is delivered behind it
    FoldedBook book;
  };

  std::vector<Change> changes;
  std::vector<Snapshot> snapshots;
  std::map<std::int64_t, BookSum> states;  // at the end of each millisecond with a change

  std::int64_t first_known() const { return snapshots.front().sent; }
  std::int64_t last() const { return changes.back().change.ts; }
  // The true book at the end of that millisecond; by folding everything before it.
  FoldedBook book_at(std::int64_t at) const;
  const BookSum& sum_at(std::int64_t at) const { return std::prev(states.upper_bound(at))->second; }
  // anchor_deltas of a snapshot whose anchor is a second behind it.
  std::vector<BookChange> anchor_of(const Snapshot& snapshot) const;
};
inline constexpr std::int64_t kAnchorAfter = 1'000'000;  // µs

struct GeneratedMarketOptions {
  unsigned seed = 1;
  int changes = 100'000;
  std::int64_t begin = 0;            // µs, a whole millisecond
  int changes_per_snapshot = 2'000;  // on average
  int lines = 3;
};
GeneratedMarket generate_market(const GeneratedMarketOptions& options);

}  // namespace kd
