#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dedup/frozen_lines.h"
#include "dedup/merge.h"
#include "dedup/merge_progress.h"
#include "dedup/page.h"
#include "dedup/round.h"
#include "dedup/seen_set.h"
#include "dedup/table_spec.h"

namespace kd {

// Makes rounds of pages: every table merged, proofs only with or after the rows they speak for,
// silent lines found. Knows what production holds as long as every round is committed; after any
// error: forget(), then begin(). Does no I/O and reads no clock. Confined to the writer's thread.
class RoundMerge {
 public:
  struct Options {
    std::vector<std::string> gatherers;  // ids, in the order of Page::gatherer
    SeenSet::Options seen;
    FrozenLines::Options frozen;
    std::uint64_t seed = 0;
  };
  // How production stands.
  struct Start {
    std::vector<std::int64_t> positions;                       // [gatherer * kTableCount + table]
    std::array<std::int64_t, kTableCount> horizons{};          // newest stamps, see SeenSet
    std::array<std::int64_t, kTableCount> partition_widths{};  // µs
  };

  explicit RoundMerge(Options options);

  void begin(const Start& start);
  void forget();

  // Clears `round` and fills it, as if the round before were committed: if it is not, this one is
  // worth nothing. Pages of proofs may be kept for a later round.
  void merge(std::vector<Page> pages, std::int64_t now_us, Round& round);
  // A round was committed.
  void confirm();

  bool holds_proofs(std::size_t gatherer) const { return progress_.holds(gatherer); }
  // Slots (gatherer * kTableCount + table) whose next page cannot be taken yet.
  std::vector<bool> blocked() const;

 private:
  void add(Page page, std::int64_t now_us, Round& round);
  void add_proofs(Page page, std::int64_t now_us, Round& round);
  void move(const Page& page, Round& round);
  void tell_of_ledger(const Page& page);

  const std::vector<std::string> gatherers_;
  std::vector<TableMerge> merges_;  // by table; that of proofs is not used
  MergeProgress progress_;
  FrozenLines frozen_;
  MergedLedgerRow event_;
};

}  // namespace kd
