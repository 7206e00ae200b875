#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dedup/page.h"

namespace kd {

// How far each table of each gatherer is merged, the round under way included, and the proofs that
// wait: a page of watermarks is held back until everything that its gatherer had committed before
// it is merged as well. What it waits for was fixed when it was read, so it never waits for ever.
// After any error of a round: reset(). Confined to the writer's thread.
class MergeProgress {
 public:
  explicit MergeProgress(std::size_t gatherers);

  // `positions[gatherer * kTableCount + table]`, as production has them.
  void reset(const std::vector<std::int64_t>& positions);

  std::int64_t position(std::size_t gatherer, std::size_t table) const {
    return marks_[gatherer * kTableCount + table].position;
  }
  void advance(const Page& page);

  // At most one page of watermarks per gatherer.
  void hold(Page page);
  bool holds(std::size_t gatherer) const { return held_[gatherer].has_value(); }
  // The held page, once everything it needs is merged. One that waits for a table that was replaced
  // since is forgotten: the reader begins the proofs anew as well.
  std::optional<Page> release(std::size_t gatherer);

 private:
  bool reached(std::size_t gatherer, const TableMarks& needs) const;
  bool superseded(std::size_t gatherer, const TableMarks& needs) const;

  std::vector<TableMark> marks_;
  std::vector<std::optional<Page>> held_;
};

}  // namespace kd
