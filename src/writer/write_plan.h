#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "writer/queued_batch.h"

namespace kd {

using RowRanges = std::vector<RowRange>;

std::size_t rows_in(const RowRanges& part);

// In which transactions the rows of some batches are stored: in order, each within the bounds,
// and where the database refuses one, in halves until the row at fault is alone. Pure; refers to
// the batches, which outlive it.
class WritePlan {
 public:
  struct Bounds {
    std::size_t rows = 0;
    std::size_t bytes = 0;  // a single row may have more
  };
  WritePlan(std::vector<QueuedBatch>& batches, Bounds bounds);

  bool done() const { return parts_.empty(); }
  // The rows of the next transaction. Not when done().
  const RowRanges& part() const { return parts_.back(); }
  // Up to where the spill files are dealt with once part() is; nullopt: it is not from there.
  std::optional<SpillPlace> place_behind_part() const;
  void stored() { parts_.pop_back(); }
  // The database refuses a row of part(). True: it is the only one, and is left to the caller,
  // who calls stored() when it is done with it.
  bool refused();
  // What is not stored, in order.
  std::vector<RowRanges> rest() const { return {parts_.rbegin(), parts_.rend()}; }

 private:
  std::vector<QueuedBatch>& batches_;
  std::vector<RowRanges> parts_;  // the next one last
};

}  // namespace kd
