#include "writer/spill_policy.h"

#include <algorithm>

namespace kd {

std::optional<Table> next_to_spill(std::span<const SpillCandidate> tables, std::int64_t used_bytes,
                                   std::int64_t limit_bytes) {
  if (used_bytes > limit_bytes / 2) {
    const auto most = std::ranges::max_element(tables, {}, &SpillCandidate::waiting_bytes);
    if (most != tables.end() && most->waiting_bytes > 0) return most->table;
    return {};
  }
  const auto late = std::ranges::find_if(tables, [](const SpillCandidate& table) {
    return table.waiting_bytes > 0 && table.oldest >= table.spill_after;
  });
  if (late == tables.end()) return {};
  return late->table;
}

}  // namespace kd
