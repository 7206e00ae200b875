#include "book/timeline.h"

#include <algorithm>
#include <tuple>

namespace kd {

Timeline::Timeline(std::vector<KnownBook> known, std::vector<BookChange> changes)
    : known_(std::move(known)), changes_(std::move(changes)) {
  std::ranges::stable_sort(known_, {}, [](const auto& k) { return std::tuple(k.since, k.at); });
  std::ranges::stable_sort(changes_, {}, &BookChange::ts);
}

std::size_t Timeline::segment_at(std::int64_t at) const {
  const auto behind = std::ranges::upper_bound(known_, at, {}, &KnownBook::since);
  if (behind == known_.begin()) return known_.size();
  return static_cast<std::size_t>(behind - known_.begin()) - 1;
}

std::size_t Timeline::first_change_after(std::int64_t at) const {
  const auto found = std::ranges::upper_bound(changes_, at, {}, &BookChange::ts);
  return static_cast<std::size_t>(found - changes_.begin());
}

Timeline::State Timeline::state_at(const KnownBook& base, std::int64_t at) const {
  State state{&base, base.book, 0};
  const auto begin = first_change_after(std::min(at, base.at));
  const auto end = first_change_after(std::max(at, base.at));
  for (auto i = begin; i < end; ++i) {
    at < base.at ? state.book.undo(changes_[i]) : state.book.apply(changes_[i]);
  }
  state.changes = static_cast<std::int64_t>(end - begin);
  return state;
}

std::optional<Timeline::State> Timeline::at(std::int64_t at) const {
  const auto segment = segment_at(at);
  if (segment == known_.size()) return std::nullopt;
  return state_at(known_[segment], at);
}

void Timeline::walk(std::int64_t from, std::int64_t to, const Visit& visit) const {
  auto segment = segment_at(from);
  if (segment == known_.size()) segment = 0;
  for (; segment < known_.size() && known_[segment].since <= to; ++segment) {
    const auto& base = known_[segment];
    const bool last = segment + 1 == known_.size() || known_[segment + 1].since > to;
    const auto end = last ? to + 1 : known_[segment + 1].since;
    auto first = std::max(from, base.since);
    if (first >= end) continue;
    auto book = state_at(base, first).book;
    for (auto i = first_change_after(first); first < end;) {
      const auto next = i < changes_.size() ? std::min(changes_[i].ts, end) : end;
      if (!visit(book, base, first, next)) return;
      first = next;
      for (; i < changes_.size() && changes_[i].ts == first; ++i) book.apply(changes_[i]);
    }
  }
}

const KnownBook* Timeline::replacement_after(std::int64_t at) const {
  const auto next = std::ranges::upper_bound(known_, at, {}, &KnownBook::since);
  if (next == known_.end()) return nullptr;
  const auto change = first_change_after(at);
  if (change < changes_.size() && changes_[change].ts <= next->since) return nullptr;
  return &*next;
}

}  // namespace kd
