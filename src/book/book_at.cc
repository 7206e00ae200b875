#include "book/book_at.h"

#include <fmt/format.h>

#include <algorithm>

#include "book/level_text.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

constexpr int kCandidates = 8;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMillisecond = 1'000;
constexpr std::size_t kNegativeNamed = 3;

std::string at_text(std::int64_t us) { return format_rfc3339(micros_from_us(us)); }

struct Interval {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// What has to be complete for the book at `at` to follow from `base`.
Interval needed(const StoredBase& base, std::int64_t at) {
  return {std::min(base.known.at, at), std::max(base.known.at, at)};
}

Expected<std::vector<CoverageHole>> holes_in(const AskCoverage& coverage, const std::string& ticker,
                                             const Interval& interval) {
  if (!coverage || interval.from >= interval.to) return std::vector<CoverageHole>();
  KD_TRY(auto answer, coverage(ticker, interval.from, interval.to));
  return std::move(answer.holes);
}

struct Chosen {
  const StoredBase* base = nullptr;
  std::vector<CoverageHole> holes;
};

// The newest base, or an older one where only that is covered up to `at`: the newest may
// need changes behind `at` that are not proven yet.
Expected<Chosen> choose(const std::vector<StoredBase>& bases, const AskCoverage& coverage,
                        const std::string& ticker, std::int64_t at) {
  Chosen chosen;
  for (const auto& base : bases) {
    KD_TRY(auto holes, holes_in(coverage, ticker, needed(base, at)));
    const bool covered = holes.empty();
    const bool may_improve = base.known.at > at;
    if (covered || chosen.base == nullptr) chosen = {&base, std::move(holes)};
    if (covered || !may_improve) break;
  }
  return chosen;
}

void tell_holes(BookAnswer& answer) {
  for (const auto& hole : answer.holes) {
    answer.reasons.push_back(fmt::format("not covered from {} to {}: {}", at_text(hole.from),
                                         at_text(hole.to), hole.cause));
  }
}

void tell_negative(BookAnswer& answer) {
  std::size_t named = 0;
  for (const auto side : {Side::kYes, Side::kNo}) {
    for (const auto& level : answer.book.bids(side)) {
      if (level.size >= Size() || ++named > kNegativeNamed) continue;
      answer.reasons.push_back(
          fmt::format("the {} level at {} comes to {}, below zero: a change is missing or wrong",
                      is_yes(side) ? "yes" : "no", price_text(level.price), size_text(level.size)));
    }
  }
}

// A snapshot without an anchor is no base, but where nothing changes around it, it must equal the
// book all the same: a book that the exchange replaced shows there.
Expected<void> compare_skipped(BookStore& store, const Timeline& timeline, BookAnswer& answer) {
  KD_TRY(const auto skipped,
         store.unusable_bases(answer.ticker, answer.base->snapshot_ts, answer.at, kCandidates));
  for (const auto& base : skipped) {
    const auto since = base.known.since;
    if (base.anchored) continue;
    const auto before = timeline.at(since - kSecond);
    const auto after = timeline.at(std::min(since + kSecond, answer.at));
    if (!before || before->book.sum() != after->book.sum()) continue;
    if (base.known.book.sum() == after->book.sum()) continue;
    answer.reasons.push_back(fmt::format("{} was sent another book at {}, and has no anchor for it",
                                         base.known.line, at_text(since)));
  }
  return {};
}

// Between the last change and a book that the exchange sent to replace it, nobody knows which of
// both was in force. Behind a hole another book tells only of the changes lost in it.
Expected<void> compare_next(BookStore& store, const AskCoverage& coverage, BookAnswer& answer) {
  KD_TRY(const auto next, store.base_after(answer.ticker, answer.at));
  if (!next) return {};
  KD_TRY(const auto change, store.first_change(answer.ticker, answer.at, next->known.since));
  if (change) return {};
  KD_TRY(auto behind, store.changes(answer.ticker, next->known.since, next->known.at));
  const Timeline timeline({next->known}, std::move(behind));
  if (timeline.at(next->known.since)->book.sum() == answer.book.sum()) return {};
  KD_TRY(const auto holes, holes_in(coverage, answer.ticker, {answer.at, next->known.since}));
  if (!holes.empty()) return {};
  answer.reasons.push_back(
      fmt::format("the exchange replaced this book without a change; when is not known, by {} ({})",
                  at_text(next->known.since), next->known.line));
  return {};
}

BookAnswer::Base described(const StoredBase& base) {
  return {base.known.line, base.stream_id, base.known.since,
          base.anchored ? std::optional(base.known.at) : std::nullopt};
}

Expected<void> rebuild(BookStore& store, const StoredBase& base, BookAnswer& answer) {
  KD_TRY(auto changes,
         store.changes(answer.ticker, base.known.since, std::max(base.known.at, answer.at)));
  const Timeline timeline({base.known}, std::move(changes));
  auto state = timeline.at(answer.at);
  answer.book = std::move(state->book);
  answer.changes = state->changes;
  for (const auto& change : timeline.changes()) {
    if (change.ts <= answer.at) answer.last_change = change.ts;
  }
  if (base.usable()) KD_DO(compare_skipped(store, timeline, answer));
  tell_negative(answer);
  return {};
}

void tell_unusable(const StoredBase& base, BookAnswer& answer) {
  answer.reasons.push_back(
      base.frozen
          ? fmt::format("the only snapshot, of {}, comes from a line that was silent about it",
                        base.known.line)
          : fmt::format(
                "the only snapshot, of {}, has no anchor: its stream ended or lost messages "
                "within its first second",
                base.known.line));
}

}  // namespace

Expected<BookAnswer> book_at(BookStore& store, const AskCoverage& coverage,
                             const std::string& ticker, std::int64_t at) {
  BookAnswer answer;
  answer.ticker = ticker;
  answer.at = at - at % kMillisecond;
  KD_TRY(const auto bases, store.bases_before(ticker, answer.at, kCandidates));
  KD_TRY(auto chosen, choose(bases, coverage, ticker, answer.at));
  std::vector<StoredBase> unusable;
  if (chosen.base == nullptr) {
    KD_TRY(unusable, store.unusable_bases(ticker, 0, answer.at, 1));
  }
  const auto* base = unusable.empty() ? chosen.base : &unusable.front();
  if (base == nullptr) {
    answer.reasons.push_back("there is no snapshot of this market at or before that time");
    return answer;
  }
  answer.base = described(*base);
  answer.needed_from = needed(*base, answer.at).from;
  answer.needed_to = needed(*base, answer.at).to;
  if (!base->usable()) {
    tell_unusable(*base, answer);
    KD_TRY(chosen.holes, holes_in(coverage, ticker, needed(*base, answer.at)));
  }
  answer.holes = std::move(chosen.holes);
  tell_holes(answer);
  KD_DO(rebuild(store, *base, answer));
  if (base->usable()) KD_DO(compare_next(store, coverage, answer));
  return answer;
}

}  // namespace kd
