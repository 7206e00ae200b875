#pragma once

#include <array>
#include <vector>

#include "database/cursors.h"
#include "dedup/frozen_lines.h"
#include "dedup/merge.h"
#include "dedup/page.h"
#include "dedup/proof_set.h"
#include "dedup/table_spec.h"

namespace kd {

// What one transaction brings to production. Reused: clear() keeps the memory.
struct Round {
  std::array<MergedRows, kTableCount> tables;
  ProofSet proofs;
  std::vector<FrozenLines::Finding> frozen;
  std::vector<CursorMove> moves;
  std::vector<Page> pages;  // that it was made of

  bool empty() const { return moves.empty(); }
  void clear();
};

}  // namespace kd
