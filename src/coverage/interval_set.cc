#include "coverage/interval_set.h"

#include <algorithm>

namespace kd {

Interval common(const Interval& a, const Interval& b) {
  return {std::max(a.from, b.from), std::min(a.to, b.to)};
}

void IntervalSet::add(Interval more) {
  if (more.empty()) return;
  const auto first = std::ranges::lower_bound(pieces_, more.from, {}, &Interval::to);
  auto last = first;
  for (; last != pieces_.end() && last->from <= more.to; ++last) {
    more = {std::min(more.from, last->from), std::max(more.to, last->to)};
  }
  pieces_.insert(pieces_.erase(first, last), more);
}

void IntervalSet::remove(Interval less) {
  if (less.empty()) return;
  std::vector<Interval> kept;
  kept.reserve(pieces_.size() + 1);
  for (const auto& piece : pieces_) {
    const Interval before{piece.from, std::min(piece.to, less.from)};
    const Interval after{std::max(piece.from, less.to), piece.to};
    if (!before.empty()) kept.push_back(before);
    if (!after.empty()) kept.push_back(after);
  }
  pieces_ = std::move(kept);
}

bool IntervalSet::contains(std::int64_t at) const {
  const auto piece = std::ranges::lower_bound(pieces_, at, {}, &Interval::to);
  return piece != pieces_.end() && piece->contains(at);
}

bool IntervalSet::covers(Interval all) const {
  if (all.empty()) return true;
  const auto piece = std::ranges::lower_bound(pieces_, all.to, {}, &Interval::to);
  return piece != pieces_.end() && piece->from <= all.from;
}

IntervalSet IntervalSet::within(Interval bounds) const {
  IntervalSet out;
  for (const auto& piece : pieces_) {
    const auto part = common(piece, bounds);
    if (!part.empty()) out.pieces_.push_back(part);
  }
  return out;
}

IntervalSet IntervalSet::missing_in(Interval bounds) const {
  IntervalSet out(bounds);
  for (const auto& piece : pieces_) out.remove(piece);
  return out;
}

std::int64_t IntervalSet::total() const {
  std::int64_t sum = 0;
  for (const auto& piece : pieces_) sum += piece.length();
  return sum;
}

}  // namespace kd
