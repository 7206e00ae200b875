#include "dedup/merge_progress.h"

#include <utility>

#include "base/check.h"

namespace kd {
MergeProgress::MergeProgress(std::size_t gatherers)
    : marks_(gatherers * kTableCount), held_(gatherers) {}

void MergeProgress::reset(const std::vector<std::int64_t>& positions) {
  KD_CHECK(positions.size() == marks_.size());
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    marks_[i] = {.incarnation = 0, .position = positions[i]};
  }
  for (auto& page : held_) page.reset();
}

void MergeProgress::advance(const Page& page) {
  auto& mark = marks_[page.gatherer * kTableCount + page.table];
  KD_CHECK(page.rewinds || page.after == mark.position);
  mark = {.incarnation = page.incarnation, .position = page.end.position};
}

void MergeProgress::hold(Page page) {
  auto& held = held_[page.gatherer];
  KD_CHECK(!held);
  held = std::move(page);
}

std::optional<Page> MergeProgress::release(std::size_t gatherer) {
  auto& held = held_[gatherer];
  if (held && superseded(gatherer, held->needs)) held.reset();
  if (!held || !reached(gatherer, held->needs)) return std::nullopt;
  return std::exchange(held, std::nullopt);
}

bool MergeProgress::superseded(std::size_t gatherer, const TableMarks& needs) const {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    if (marks_[gatherer * kTableCount + t].incarnation > needs[t].incarnation) return t < kProofs;
  }
  return false;
}

bool MergeProgress::reached(std::size_t gatherer, const TableMarks& needs) const {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    const auto& need = needs[t];
    const auto& mark = marks_[gatherer * kTableCount + t];
    if (need.position == 0) continue;
    if (mark.incarnation != need.incarnation || mark.position < need.position) return false;
  }
  return true;
}

}  // namespace kd
