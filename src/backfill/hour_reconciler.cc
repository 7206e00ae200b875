#include "backfill/hour_reconciler.h"

#include <fmt/format.h>

#include <algorithm>

namespace kd {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr const char* kFetch = "FETCH 10000 FROM reconciled";

// Trades whose deltas are fewer than they. {0} {1}: from, to; {2}: a further condition.
constexpr const char* kSuspects =
    "SELECT t.ticker, t.exchange_ts, t.side::int, t.price, t.size, t.trades, "
    "count(d.exchange_ts) AS deltas FROM ("
    "SELECT ticker, exchange_ts, NOT taker_side AS side, "
    "CASE WHEN taker_side THEN 100000 - price ELSE price END AS price, size, count(*) AS trades "
    "FROM trades WHERE exchange_ts >= {0} AND exchange_ts < {1} AND is_block IS NOT TRUE "
    "AND size > 0 {2} GROUP BY 1, 2, 3, 4, 5) t "
    "LEFT JOIN orderbook_deltas d ON d.exchange_ts = t.exchange_ts AND d.ticker = t.ticker "
    "AND d.side = t.side AND d.price = t.price AND d.size_delta = -t.size "
    "AND d.exchange_ts >= {0} AND d.exchange_ts < {1} "
    "GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(d.exchange_ts) < t.trades ORDER BY 1, 2";

// Trades (kind 0) and volumes (kind 1) of all markets. {3}: slack.
constexpr const char* kVolumes =
    "SELECT ticker, exchange_ts, kind, amount, is_block FROM ("
    "SELECT ticker, exchange_ts, 0 AS kind, size AS amount, (is_block IS TRUE)::int AS is_block "
    "FROM trades WHERE exchange_ts >= {0} - {3} AND exchange_ts < {1} + {3} {2} "
    "UNION ALL SELECT ticker, exchange_ts, 1, volume, 0 FROM tickers "
    "WHERE exchange_ts >= {0} AND exchange_ts < {1} AND volume IS NOT NULL {2}) rows "
    "ORDER BY ticker, exchange_ts, kind, amount";

std::int64_t number(const SqlRow& row, std::size_t column) {
  return int_at(row, column).value_or(0);  // none of these columns can be NULL
}

std::string contracts(std::int64_t hundredths) {
  const auto size = std::abs(hundredths);
  return fmt::format("{}{}.{:02}", hundredths < 0 ? "-" : "", size / 100, size % 100);
}

bool holds(const std::vector<ExchangeInterval>& intervals, std::int64_t from, std::int64_t to) {
  return std::any_of(intervals.begin(), intervals.end(),
                     [&](const ExchangeInterval& i) { return i.from_us <= from && to <= i.to_us; });
}

}  // namespace

Expected<ReconcileReport> HourReconciler::check(std::int64_t from_us, std::int64_t to_us) {
  from_us_ = from_us;
  to_us_ = to_us;
  report_ = {};
  report_.hours = 1;
  suspect_.clear();
  market_ = {};
  KD_DO(check_deltas());
  KD_DO(check_volumes());
  return std::move(report_);
}

Expected<void> HourReconciler::check_deltas() {
  return each_row(fmt::format(fmt::runtime(kSuspects), from_us_, to_us_, and_ticker()),
                  [this](const SqlRow& row) { return take_suspect(row); });
}

Expected<void> HourReconciler::take_suspect(const SqlRow& row) {
  const auto& ticker = text_at(row, 0);
  const auto at = number(row, 1);
  if (ticker != suspect_) {
    suspect_ = ticker;
    suspect_covered_ = {{from_us_, to_us_ - 1}};
    if (options_.covered) {
      KD_TRY(suspect_covered_, options_.covered("orderbook_delta", ticker, from_us_, to_us_ - 1));
    }
  }
  if (!holds(suspect_covered_, at, at)) {
    ++report_.unproven;
    return {};
  }
  const auto size = number(row, 4);
  const auto trades = number(row, 5);
  const auto deltas = number(row, 6);
  keep({.kind = ReconcileKind::kTradeWithoutDelta,
        .ticker = ticker,
        .hour_us = from_us_ / kHourUs * kHourUs,
        .at_us = at,
        .until_us = at,
        .expected = size * trades,
        .found = size * deltas,
        .detail = fmt::format("{} trade(s) of {} taken from the {} bid at {:.4f}, {} such delta(s)",
                              trades, contracts(size), number(row, 2) != 0 ? "yes" : "no",
                              static_cast<double>(number(row, 3)) / 1e5, deltas)});
  return {};
}

Expected<void> HourReconciler::check_volumes() {
  KD_DO(each_row(fmt::format(fmt::runtime(kVolumes), from_us_, to_us_, and_ticker(), slack_us()),
                 [this](const SqlRow& row) { return take_volume_row(row); }));
  return finish_market();
}

Expected<void> HourReconciler::take_volume_row(const SqlRow& row) {
  const auto& ticker = text_at(row, 0);
  if (ticker != market_.ticker) {
    KD_DO(finish_market());
    market_.ticker = ticker;
  }
  const auto at = number(row, 1);
  if (number(row, 2) != 0) {
    market_.tickers.push_back({.at = at, .volume = number(row, 3)});
    return {};
  }
  const bool block = number(row, 4) != 0;
  market_.trades.push_back({.at = at, .size = number(row, 3), .is_block = block});
  if (at < from_us_ || at >= to_us_) return {};
  ++report_.trades;
  if (block) ++report_.block_trades;
  return {};
}

Expected<void> HourReconciler::finish_market() {
  if (market_.ticker.empty()) return {};
  ++report_.markets;
  auto& line = volumes_[market_.ticker];
  for (const auto& difference :
       line.check(from_us_, to_us_, slack_us(), market_.trades, market_.tickers)) {
    KD_DO(take_difference(difference));
  }
  market_.trades.clear();
  market_.tickers.clear();
  return {};
}

Expected<void> HourReconciler::take_difference(const VolumeLine::Difference& difference) {
  KD_TRY(const bool proven, trades_proven(difference.after, difference.at));
  if (!proven) {
    ++report_.unproven;
    return {};
  }
  keep({.kind = ReconcileKind::kVolume,
        .ticker = market_.ticker,
        .hour_us = from_us_ / kHourUs * kHourUs,
        .at_us = difference.after,
        .until_us = difference.at,
        .expected = difference.expected,
        .found = difference.found,
        .detail = fmt::format("volume grew by {}, the trades come to {}: {} {}",
                              contracts(difference.expected), contracts(difference.found),
                              contracts(std::abs(difference.expected - difference.found)),
                              difference.expected > difference.found ? "missing" : "too much")});
  return {};
}

void HourReconciler::keep(ReconcileFinding finding) {
  ++report_.findings_total;
  if (report_.findings.size() < options_.most_findings) {
    report_.findings.push_back(std::move(finding));
  }
}

Expected<void> HourReconciler::each_row(const std::string& select,
                                        const std::function<Expected<void>(const SqlRow&)>& take) {
  const auto read = [&]() -> Expected<void> {
    KD_DO(connection_.exec("DECLARE reconciled NO SCROLL CURSOR FOR " + select));
    for (;;) {
      KD_TRY(const auto rows, connection_.query(kFetch));
      if (rows.empty()) return {};
      for (const auto& row : rows) KD_DO(take(row));
    }
  };
  KD_DO(connection_.begin());
  auto done = read();
  if (done) return connection_.commit();
  if (connection_.usable()) static_cast<void>(connection_.rollback());
  return done;
}

// By a line, or by a comparison with the exchange's own list.
Expected<bool> HourReconciler::trades_proven(std::int64_t from_us, std::int64_t to_us) {
  if (!options_.covered) return true;
  KD_TRY(const auto watched, options_.covered("trade", market_.ticker, from_us, to_us));
  if (holds(watched, from_us, to_us)) return true;
  if (!compared_) {
    KD_TRY(compared_, compared_with_exchange());
  }
  return holds(*compared_, from_us, to_us);
}

Expected<std::vector<ExchangeInterval>> HourReconciler::compared_with_exchange() {
  KD_TRY(const auto rows, connection_.query("SELECT from_ts, done_until FROM backfill_progress "
                                            "WHERE selection = '' AND done_until > from_ts"));
  std::vector<ExchangeInterval> intervals;
  for (const auto& row : rows) intervals.push_back({number(row, 0), number(row, 1) - 1});
  return intervals;
}

// A cursor takes no parameters.
std::string HourReconciler::and_ticker() const {
  if (!options_.ticker) return "";
  std::string quoted;
  for (const char c : *options_.ticker) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return "AND ticker = '" + quoted + "'";
}

std::int64_t HourReconciler::slack_us() const {
  return std::chrono::microseconds(options_.volume_slack).count();
}

}  // namespace kd
