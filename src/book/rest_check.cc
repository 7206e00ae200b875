#include "book/rest_check.h"

namespace kd {
namespace {

bool equal(const FoldedBook& a, const FoldedBook& b) { return a.sum() == b.sum() && a == b; }

void add_side(Side side, const FoldedBook& rest, const FoldedBook& rebuilt,
              std::vector<LevelDifference>& out) {
  const auto ours = rebuilt.bids(side);
  const auto theirs = rest.bids(side);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ours.size() || j < theirs.size()) {
    const bool only_ours =
        j == theirs.size() || (i < ours.size() && ours[i].price < theirs[j].price);
    const bool only_theirs =
        i == ours.size() || (j < theirs.size() && theirs[j].price < ours[i].price);
    const auto price = only_ours ? ours[i].price : theirs[j].price;
    const auto have = only_theirs ? Size() : ours[i++].size;
    const auto want = only_ours ? Size() : theirs[j++].size;
    if (have != want) out.push_back({side, price, want, have});
  }
}

}  // namespace

CheckWindow window_of(const PolledBook& rest, const CheckTolerance& tolerance) {
  const auto from = micros_from_us(rest.requested_at - tolerance.clocks);
  return {to_us(floor_to_ms(from)), rest.received_at + tolerance.clocks};
}

std::optional<BookMatch> find_match(const Timeline& timeline, const FoldedBook& rest,
                                    const CheckWindow& window) {
  std::optional<BookMatch> found;
  timeline.walk(window.from, window.to,
                [&](const auto& book, const auto& base, auto first, auto /*end*/) {
                  if (equal(book, rest)) found = BookMatch{first, &base};
                  return !found.has_value();
                });
  return found;
}

std::optional<BookMatch> match_of_replacement(const Timeline& timeline, const FoldedBook& rest,
                                              const CheckWindow& window) {
  const auto* next = timeline.replacement_after(window.to);
  if (next == nullptr) return std::nullopt;
  const auto state = timeline.at(next->since);
  if (!state || !equal(state->book, rest)) return std::nullopt;
  return BookMatch{next->since, state->base};
}

std::vector<LevelDifference> differences(const FoldedBook& rest, const FoldedBook& rebuilt) {
  std::vector<LevelDifference> out;
  add_side(Side::kYes, rest, rebuilt, out);
  add_side(Side::kNo, rest, rebuilt, out);
  return out;
}

std::optional<NearestState> nearest_state(const Timeline& timeline, const FoldedBook& rest,
                                          const CheckWindow& window) {
  std::optional<NearestState> best;
  timeline.walk(window.from, window.to,
                [&](const auto& book, const auto& base, auto first, auto /*end*/) {
                  auto levels = differences(rest, book);
                  if (!best || levels.size() < best->levels.size()) {
                    best = NearestState{first, &base, book, std::move(levels)};
                  }
                  return !best->levels.empty();
                });
  return best;
}

}  // namespace kd
