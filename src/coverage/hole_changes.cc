#include "coverage/hole_changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace kd {

std::string blame_of(const Hole& hole, const EvidenceSet& evidence) {
  if (hole.lines.empty()) return {};
  const auto& last = hole.lines.front();
  return fmt::format("{} {} {} {}", name_of(last.cause), evidence.gatherers()[last.gatherer].name,
                     last.connection, last.reason);
}

HoleChanges changes_of(std::span<const StoredHole> stored, std::vector<Hole> found,
                       const EvidenceSet& evidence, std::int64_t before, std::int64_t horizon) {
  HoleChanges out;
  for (const auto& hole : stored) {
    out.growing -= hole.to == kNever ? 1 : 0;
    out.uncovered_us -= Interval{hole.from, std::min(hole.to, before)}.length();
  }
  std::vector<bool> kept(stored.size());
  for (auto& hole : found) {
    out.uncovered_us += hole.when.length();
    if (hole.when.to >= horizon) hole.when.to = kNever;
    out.growing += hole.when.to == kNever ? 1 : 0;
    std::size_t same = 0;
    for (; same < stored.size(); ++same) {
      const Interval when{stored[same].from, stored[same].to};
      if (!kept[same] && !common(when, hole.when).empty()) break;
    }
    if (same == stored.size()) {
      out.made.push_back(std::move(hole));
      continue;
    }
    kept[same] = true;
    const auto& row = stored[same];
    if (hole.when != Interval{row.from, row.to} || blame_of(hole, evidence) != row.blame) {
      out.moved.push_back({row.id, std::move(hole)});
    }
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (!kept[i]) out.healed.push_back(stored[i].id);
  }
  return out;
}

}  // namespace kd
