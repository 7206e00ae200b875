#include "book/production_books.h"

#include <fmt/format.h>

#include <algorithm>

#include "book/base_rows.h"
#include "book/stored_values.h"

namespace kd {
namespace {

constexpr std::size_t kPageRows = 200'000;
constexpr int kNamesLookedAt = 2'000;

// `%s` as columns: what base_of() reads. An unproven anchor is that of a line which was silent
// about the market in between.
constexpr const char* kBases =
    "SELECT s.gatherer, s.snapshot_ts, s.anchor_ts, s.yes_bids, s.no_bids, s.anchor_deltas, "
    "s.stream_id, s.occurrence::bigint, EXISTS (SELECT FROM frozen_lines f WHERE f.ticker = "
    "s.ticker AND f.gatherer = s.gatherer AND f.from_ts < s.anchor_ts AND f.to_ts > "
    "s.snapshot_ts) AS frozen FROM orderbook_snapshots s WHERE s.ticker = {} AND s.source = 'ws' ";

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end.first - a.begin());
}

}  // namespace

Expected<std::vector<StoredBase>> ProductionBooks::newest(const std::string& ticker,
                                                          const std::string& where, int most) {
  std::vector<char> rows;
  KD_DO(connection_.copy_out(
      copy_of(fmt::format("SELECT * FROM ({}) b WHERE {} ORDER BY snapshot_ts DESC LIMIT {}",
                          fmt::format(fmt::runtime(kBases), sql_text(ticker)), where, most)),
      rows));
  KD_TRY(auto bases, bases_of(rows));
  std::ranges::stable_sort(bases, std::greater(), [](const StoredBase& base) {
    return std::pair(base.known.since, base.occurrence);
  });
  return bases;
}

Expected<std::vector<StoredBase>> ProductionBooks::bases_before(const std::string& ticker,
                                                                std::int64_t at, int most) {
  return newest(
      ticker, fmt::format("snapshot_ts <= {} AND anchor_ts IS NOT NULL AND NOT frozen", at), most);
}

Expected<std::vector<StoredBase>> ProductionBooks::unusable_bases(const std::string& ticker,
                                                                  std::int64_t after,
                                                                  std::int64_t to, int most) {
  return newest(ticker,
                fmt::format("snapshot_ts > {} AND snapshot_ts <= {} AND (anchor_ts IS NULL OR "
                            "frozen)",
                            after, to),
                most);
}

Expected<std::optional<StoredBase>> ProductionBooks::base_after(const std::string& ticker,
                                                                std::int64_t at) {
  std::vector<char> rows;
  KD_DO(connection_.copy_out(
      copy_of(fmt::format(
          fmt::runtime("SELECT * FROM (" + std::string(kBases) +
                       "AND s.anchor_ts IS NOT NULL AND s.snapshot_ts > {}) b WHERE NOT frozen "
                       "ORDER BY snapshot_ts LIMIT 1"),
          sql_text(ticker), at)),
      rows));
  KD_TRY(auto bases, bases_of(rows));
  if (bases.empty()) return std::nullopt;
  return std::move(bases.front());
}

Expected<std::vector<BookChange>> ProductionBooks::changes(const std::string& ticker,
                                                           std::int64_t after, std::int64_t to) {
  std::vector<BookChange> out;
  for (auto page = kPageRows; after < to;) {
    std::vector<char> rows;
    KD_DO(connection_.copy_out(
        copy_of(fmt::format("SELECT exchange_ts, side, price::bigint, size_delta FROM "
                            "orderbook_deltas WHERE ticker = {} AND exchange_ts > {} AND "
                            "exchange_ts <= {} ORDER BY exchange_ts LIMIT {}",
                            sql_text(ticker), after, to, page)),
        rows));
    KD_TRY(auto changes, change_rows_of(rows));
    if (changes.size() < page) {
      out.insert(out.end(), changes.begin(), changes.end());
      break;
    }
    // The last millisecond may go on behind the page.
    const auto last = changes.back().ts;
    if (last == changes.front().ts) {
      page *= 2;
      continue;
    }
    std::erase_if(changes, [last](const BookChange& change) { return change.ts == last; });
    after = changes.back().ts;
    out.insert(out.end(), changes.begin(), changes.end());
  }
  return out;
}

Expected<std::optional<std::int64_t>> ProductionBooks::first_change(const std::string& ticker,
                                                                    std::int64_t after,
                                                                    std::int64_t to) {
  KD_TRY(const auto rows,
         connection_.query(fmt::format("SELECT exchange_ts FROM orderbook_deltas WHERE ticker = {} "
                                       "AND exchange_ts > {} AND exchange_ts <= {} "
                                       "ORDER BY exchange_ts LIMIT 1",
                                       sql_text(ticker), after, to)));
  if (rows.empty()) return std::nullopt;
  return int_at(rows.front(), 0);
}

Expected<std::optional<std::int64_t>> ProductionBooks::first_recorded(const std::string& ticker) {
  KD_TRY(const auto rows,
         connection_.query(fmt::format("SELECT snapshot_ts FROM orderbook_snapshots WHERE ticker = "
                                       "{} ORDER BY snapshot_ts LIMIT 1",
                                       sql_text(ticker))));
  if (rows.empty()) return std::nullopt;
  return int_at(rows.front(), 0);
}

Expected<std::vector<std::string>> ProductionBooks::similar(const std::string& ticker, int most) {
  // Letters of both cases and all digits sort before '~'.
  const auto series = ticker.substr(0, std::max<std::size_t>(ticker.find('-'), 2));
  const auto prefix = series.substr(0, std::min<std::size_t>(series.size(), 4));
  KD_TRY(const auto rows,
         connection_.query(fmt::format(
             "SELECT DISTINCT ticker FROM (SELECT ticker FROM orderbook_snapshots WHERE ticker >= "
             "{0} AND ticker < {1} LIMIT {2}) t",
             sql_text(series), sql_text(series + "~"), kNamesLookedAt)));
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(text_at(row, 0));
  if (names.empty() && prefix != series) return similar(prefix + "-", most);
  std::ranges::sort(names, std::greater(),
                    [&](const auto& name) { return shared_prefix(name, ticker); });
  if (names.size() > static_cast<std::size_t>(most)) names.resize(static_cast<std::size_t>(most));
  return names;
}

}  // namespace kd
