#include "book/book_checker.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "book/explain.h"

namespace kd {
namespace {

constexpr std::int64_t kClose = 10'000'000;  // µs between books that are checked in one go
constexpr std::int64_t kDay = 86'400'000'000;

CheckResult matched(const BookMatch& match, CheckVerdict verdict) {
  CheckResult out;
  out.verdict = verdict;
  out.matched_at = match.at;
  out.base_line = match.base->line;
  out.base_ts = match.base->since;
  return out;
}

bool often_stored(CheckVerdict verdict) {
  return verdict == CheckVerdict::kMatch || verdict == CheckVerdict::kStale ||
         verdict == CheckVerdict::kNoBase;
}

}  // namespace

std::string_view name_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::kMatch:
      return "match";
    case CheckVerdict::kStale:
      return "stale";
    case CheckVerdict::kMismatch:
      return "mismatch";
    case CheckVerdict::kUnproven:
      return "unproven";
    case CheckVerdict::kNoBase:
      return "no_base";
    case CheckVerdict::kUnchecked:
      break;
  }
  return "unchecked";
}

BookChecker::BookChecker(const Options& options, AskCoverage coverage)
    : options_(options), coverage_(std::move(coverage)), known_(options.known_bytes) {}

Expected<std::vector<CheckResult>> BookChecker::check(Connection& production,
                                                      std::span<const PolledBook> books) {
  std::vector<CheckResult> results(books.size());
  for (const auto& round : rounds_of(books)) {
    const auto step = options_.one_by_one ? std::size_t{1} : round.size();
    for (std::size_t i = 0; i < round.size(); i += step) {
      KD_DO(check_round(production, books, std::span(round).subspan(i, step), results));
    }
  }
  if (options_.want_last_full) KD_DO(decide_storage(production, books, results));
  return results;
}

// A market has at most one group in a round, and the next one starts from what the last found.
std::vector<std::vector<BookChecker::Group>> BookChecker::rounds_of(
    std::span<const PolledBook> books) const {
  std::vector<std::size_t> order(books.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](auto i) { return books[i].requested_at; });
  std::vector<std::vector<Group>> rounds;
  std::map<std::string_view, std::pair<std::size_t, std::size_t>> newest;  // round, place in it
  for (const auto i : order) {
    const auto window = window_of(books[i], options_.tolerance);
    const auto found = newest.find(books[i].ticker);
    auto round = std::size_t{0};
    if (found != newest.end()) {
      auto& group = rounds[found->second.first][found->second.second];
      if (window.from <= group.window.to + kClose) {
        group.books.push_back(i);
        group.window.to = std::max(group.window.to, window.to);
        continue;
      }
      round = found->second.first + 1;
    }
    if (round == rounds.size()) rounds.emplace_back();
    newest[books[i].ticker] = {round, rounds[round].size()};
    rounds[round].push_back({books[i].ticker, {i}, window});
  }
  return rounds;
}

// From the book found right last where there is one, from stored snapshots otherwise.
Expected<std::vector<std::vector<KnownBook>>> BookChecker::known_for(
    Connection& production, std::span<const Group> groups) {
  std::vector<StretchRequest> fresh;
  std::vector<StretchRequest> going_on;
  std::vector<std::pair<bool, std::size_t>> places;
  for (const auto& group : groups) {
    const auto* entry = known_.find(group.ticker);
    const bool usable = entry != nullptr && entry->known.at <= group.window.from;
    auto& requests = usable ? going_on : fresh;
    places.emplace_back(usable, requests.size());
    requests.push_back(
        {group.ticker, usable ? entry->known.at : group.window.from, group.window.to});
  }
  KD_TRY(auto from_snapshots, load_known(production, fresh));
  KD_TRY(auto newer, load_newer(production, going_on));
  std::vector<std::vector<KnownBook>> out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto [usable, place] = places[i];
    out.push_back(std::move(usable ? newer[place] : from_snapshots[place]));
    if (usable) out.back().push_back(known_.find(groups[i].ticker)->known);
    drop_older(out.back(), groups[i].window.from);
  }
  return out;
}

Expected<void> BookChecker::check_round(Connection& production, std::span<const PolledBook> books,
                                        std::span<const Group> groups,
                                        std::vector<CheckResult>& results) {
  KD_TRY(auto known, known_for(production, groups));
  std::vector<ChangeRequest> requests;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    requests.push_back(
        changes_for(groups[i].ticker, known[i], groups[i].window.from, groups[i].window.to));
  }
  KD_TRY(auto changes, load_changes(production, requests));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Timeline timeline(std::move(known[i]), std::move(changes[i]));
    KD_DO(judge_group(production, books, groups[i], timeline, results));
  }
  return {};
}

Expected<void> BookChecker::judge_group(Connection& production, std::span<const PolledBook> books,
                                        const Group& group, const Timeline& timeline,
                                        std::vector<CheckResult>& results) {
  for (const auto i : group.books) {
    const auto match = find_match(timeline, books[i].book, window_of(books[i], options_.tolerance));
    if (match) {
      results[i] = matched(*match, CheckVerdict::kMatch);
    } else {
      KD_TRY(results[i], look_closer(production, books[i]));
    }
    remember(books[i], results[i]);
  }
  return {};
}

void BookChecker::remember(const PolledBook& rest, const CheckResult& result) {
  if (result.verdict != CheckVerdict::kMatch) return;
  const auto* before = known_.find(rest.ticker);
  const auto last_full = before == nullptr ? std::nullopt : before->last_full;
  known_.put({rest.ticker,
              {result.base_line, *result.matched_at, *result.matched_at, rest.book},
              last_full});
}

// Once more from stored snapshots alone, and over a longer stretch.
Expected<CheckResult> BookChecker::look_closer(Connection& production, const PolledBook& rest) {
  const auto window = window_of(rest, options_.tolerance);
  const CheckWindow cached{window.from - options_.tolerance.cached, window.from - 1};
  const auto until = window.to + options_.replacement;
  const StretchRequest request{rest.ticker, cached.from, until};
  KD_TRY(auto known, load_known(production, std::span(&request, 1)));
  drop_older(known.front(), cached.from);
  const auto wanted = changes_for(rest.ticker, known.front(), cached.from, until);
  KD_TRY(auto changes, load_changes(production, std::span(&wanted, 1)));
  const Timeline timeline(std::move(known.front()), std::move(changes.front()));
  if (const auto match = find_match(timeline, rest.book, window)) {
    return matched(*match, CheckVerdict::kMatch);
  }
  KD_TRY(const auto replacement, find_replacement(production, rest, timeline, window));
  if (replacement) return matched(*replacement, CheckVerdict::kMatch);
  if (const auto match = find_match(timeline, rest.book, cached)) {
    return matched(*match, CheckVerdict::kStale);
  }
  return explain(production, rest, timeline, window);
}

// Another book behind the window speaks for the REST book only where the exchange replaced it: a
// lost change makes the next snapshot differ just so.
Expected<std::optional<BookMatch>> BookChecker::find_replacement(Connection& production,
                                                                 const PolledBook& rest,
                                                                 const Timeline& timeline,
                                                                 const CheckWindow& window) {
  const auto match = match_of_replacement(timeline, rest.book, window);
  if (!match || rest.book.levels() == 0) return match;
  KD_TRY(const bool replaced, replaced_by_exchange(production, rest.ticker, *match->base));
  return replaced ? match : std::nullopt;
}

Expected<CheckResult> BookChecker::explain(Connection& production, const PolledBook& rest,
                                           const Timeline& timeline, const CheckWindow& window) {
  CheckResult out;
  out.verdict = CheckVerdict::kNoBase;
  const auto nearest = nearest_state(timeline, rest.book, window);
  // What was before the first snapshot is not known, so nothing can be said against the book.
  if (!nearest || timeline.known().front().since > window.from) return out;
  out.base_line = nearest->base->line;
  out.base_ts = nearest->base->since;
  out.agreed_at = std::min(nearest->base->at, nearest->at);
  if (const auto* entry = known_.find(rest.ticker);
      entry != nullptr && entry->known.at <= nearest->at) {
    out.agreed_at = std::max(*out.agreed_at, entry->known.at);
  }
  if (coverage_) {
    // The answer may come from a cache, and states follow from the oldest base on.
    const auto from =
        std::min(window.from - options_.tolerance.cached, timeline.known().front().at);
    KD_TRY(auto answer, coverage_(rest.ticker, from, std::max(window.to, nearest->base->at)));
    out.holes = std::move(answer.holes);
  }
  out.verdict = out.holes.empty() ? CheckVerdict::kMismatch : CheckVerdict::kUnproven;
  KD_TRY(out.differences, explained(production, rest.ticker, *out.agreed_at,
                                    std::max(window.to, *out.agreed_at), nearest->levels));
  return out;
}

// In full: what could not be confirmed, and otherwise one a day.
Expected<void> BookChecker::decide_storage(Connection& production,
                                           std::span<const PolledBook> books,
                                           std::vector<CheckResult>& results) {
  std::vector<StretchRequest> unknown;
  std::map<std::string_view, std::optional<std::int64_t>> last;
  for (const auto& book : books) {
    const auto* entry = known_.find(book.ticker);
    const bool told = entry != nullptr && entry->last_full;
    if (!last.emplace(book.ticker, told ? entry->last_full : std::nullopt).second || told) continue;
    unknown.push_back({book.ticker, book.requested_at, book.requested_at});
  }
  KD_TRY(const auto found, load_last_full(production, unknown));
  for (std::size_t i = 0; i < unknown.size(); ++i) last[unknown[i].ticker] = found[i];
  for (std::size_t i = 0; i < books.size(); ++i) {
    auto& newest = last[books[i].ticker];
    if (often_stored(results[i].verdict)) {
      results[i].store_in_full = !newest || *newest <= books[i].requested_at - kDay;
    }
    if (results[i].store_in_full) newest = books[i].requested_at;
    if (const auto* entry = known_.find(books[i].ticker)) {
      auto updated = *entry;
      updated.last_full = newest;
      known_.put(std::move(updated));
    }
  }
  return {};
}

}  // namespace kd
