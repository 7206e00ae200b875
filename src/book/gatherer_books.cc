#include "book/gatherer_books.h"

#include <fmt/format.h>

#include <limits>

#include "book/base_rows.h"
#include "book/stored_values.h"

namespace kd {
namespace {

// By how far positions may run beside the exchange's clock.
constexpr std::int64_t kClocks = 60'000'000;
constexpr std::int64_t kFirstLookBack = 3'600'000'000;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

Expected<std::int64_t> GathererBooks::last_position(std::int64_t at) {
  KD_TRY(const auto rows,
         connection_.query(fmt::format(
             "SELECT position FROM watermarks WHERE position > {} AND {} <= ALL (proven_until) "
             "ORDER BY position LIMIT 1",
             at - kClocks, at)));
  if (rows.empty()) return kEnd;
  return int_at(rows.front(), 0).value_or(kEnd) + kClocks;
}

Expected<std::vector<StoredBase>> GathererBooks::bases(const std::string& ticker,
                                                       const std::string& where) {
  std::vector<char> rows;
  KD_DO(connection_.copy_out(
      copy_of(fmt::format("SELECT {}::text, snapshot_ts, anchor_ts, yes_bids, no_bids, "
                          "anchor_deltas, stream_id, occurrence::bigint, false FROM "
                          "orderbook_snapshots WHERE ticker = {} AND source = 'ws' AND {}",
                          sql_text(gatherer_), sql_text(ticker), where)),
      rows));
  return bases_of(rows);
}

Expected<std::vector<StoredBase>> GathererBooks::bases_before(const std::string& ticker,
                                                              std::int64_t at, int most) {
  KD_TRY(const auto last, last_position(at));
  KD_TRY(const auto oldest, connection_.query("SELECT min(position) FROM orderbook_snapshots"));
  const auto begin = int_at(oldest.front(), 0);
  if (!begin) return std::vector<StoredBase>();
  auto behind = last;
  for (auto look_back = kFirstLookBack;; look_back *= 2) {
    const auto from = at - look_back;
    KD_TRY(auto found, bases(ticker, fmt::format("snapshot_ts <= {} AND position >= {} AND "
                                                 "position < {} AND anchor_ts IS NOT NULL ORDER "
                                                 "BY snapshot_ts DESC, occurrence DESC LIMIT {}",
                                                 at, from, behind, most)));
    if (!found.empty() || from < *begin) return found;
    behind = from;
  }
}

Expected<std::vector<StoredBase>> GathererBooks::unusable_bases(const std::string& ticker,
                                                                std::int64_t after, std::int64_t to,
                                                                int most) {
  KD_TRY(const auto last, last_position(to));
  return bases(ticker, fmt::format("snapshot_ts > {} AND snapshot_ts <= {} AND position >= {} AND "
                                   "position < {} AND anchor_ts IS NULL ORDER BY snapshot_ts DESC, "
                                   "occurrence DESC LIMIT {}",
                                   after, to, after - kClocks, last, most));
}

Expected<std::optional<StoredBase>> GathererBooks::base_after(const std::string& ticker,
                                                              std::int64_t at) {
  // Only what follows soon: the rest of the tables would have to be read for an answer "none".
  KD_TRY(const auto last, last_position(at + kFirstLookBack));
  KD_TRY(auto found, bases(ticker, fmt::format("snapshot_ts > {} AND anchor_ts IS NOT NULL AND "
                                               "position >= {} AND position < {} "
                                               "ORDER BY snapshot_ts LIMIT 1",
                                               at, at - kClocks, last)));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Expected<std::vector<BookChange>> GathererBooks::changes(const std::string& ticker,
                                                         std::int64_t after, std::int64_t to) {
  if (after >= to) return std::vector<BookChange>();
  KD_TRY(const auto last, last_position(to));
  std::vector<char> rows;
  KD_DO(connection_.copy_out(
      copy_of(fmt::format("SELECT exchange_ts, side, price, size_delta FROM (SELECT DISTINCT "
                          "exchange_ts, side, price::bigint, size_delta, occurrence FROM "
                          "orderbook_deltas WHERE ticker = {} AND exchange_ts > {} AND "
                          "exchange_ts <= {} AND position >= {} AND position < {}) d "
                          "ORDER BY exchange_ts",
                          sql_text(ticker), after, to, after - kClocks, last)),
      rows));
  return change_rows_of(rows);
}

Expected<std::optional<std::int64_t>> GathererBooks::first_change(const std::string& ticker,
                                                                  std::int64_t after,
                                                                  std::int64_t to) {
  KD_TRY(const auto last, last_position(to));
  KD_TRY(const auto rows,
         connection_.query(fmt::format("SELECT min(exchange_ts) FROM orderbook_deltas WHERE "
                                       "ticker = {} AND exchange_ts > {} AND exchange_ts <= {} "
                                       "AND position >= {} AND position < {}",
                                       sql_text(ticker), after, to, after - kClocks, last)));
  return int_at(rows.front(), 0);
}

Expected<std::optional<std::int64_t>> GathererBooks::first_recorded(const std::string& ticker) {
  KD_TRY(const auto rows,
         connection_.query(fmt::format("SELECT min(snapshot_ts) FROM orderbook_snapshots WHERE "
                                       "ticker = {}",
                                       sql_text(ticker))));
  return int_at(rows.front(), 0);
}

}  // namespace kd
