#include "backfill/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "backfill/hour_reconciler.h"
#include "backfill/reconcile_store.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

}  // namespace

std::string_view to_string(ReconcileKind kind) {
  return kind == ReconcileKind::kVolume ? "volume" : "trade_without_delta";
}

std::string to_string(const ReconcileFinding& finding) {
  const auto when = format_rfc3339(micros_from_us(finding.at_us));
  if (finding.kind == ReconcileKind::kTradeWithoutDelta) {
    return fmt::format("trade without delta: {} at {}: {}", finding.ticker, when, finding.detail);
  }
  return fmt::format("volume: {} from {} to {}: {}", finding.ticker, when,
                     format_rfc3339(micros_from_us(finding.until_us)), finding.detail);
}

ReconcileReport& ReconcileReport::operator+=(ReconcileReport other) {
  hours += other.hours;
  trades += other.trades;
  block_trades += other.block_trades;
  markets += other.markets;
  unproven += other.unproven;
  findings_total += other.findings_total;
  std::move(other.findings.begin(), other.findings.end(), std::back_inserter(findings));
  return *this;
}

Expected<ReconcileReport> reconcile(Connection& production, const ReconcileOptions& options) {
  const auto from = to_us(options.from);
  const auto to = to_us(options.to);
  HourReconciler reconciler(production, options);
  ReconcileReport all;
  for (auto hour = from / kHourUs * kHourUs; hour < to; hour += kHourUs) {
    const auto begin = std::max(from, hour);
    const auto end = std::min(to, hour + kHourUs);
    KD_TRY(auto report, reconciler.check(begin, end));
    const bool whole = end - begin == kHourUs && !options.ticker;
    if (whole && options.store) KD_DO(store_hour(production, hour, report));
    all += std::move(report);
    if (all.findings.size() > options.most_findings) all.findings.resize(options.most_findings);
    if (options.on_hour) options.on_hour(micros_from_us(hour));
  }
  return all;
}

Expected<FoundingKeyLoss> founding_key_loss(Connection& production, std::int64_t from_us,
                                            std::int64_t to_us) {
  KD_TRY(const auto rows,
         production.query("SELECT coalesce(sum(n), 0), coalesce(sum(n - 1), 0) FROM ("
                          "SELECT count(*) AS n FROM orderbook_deltas "
                          "WHERE exchange_ts >= $1 AND exchange_ts < $2 "
                          "GROUP BY ticker, exchange_ts, price, side) keys",
                          {fmt::to_string(from_us), fmt::to_string(to_us)}));
  return FoundingKeyLoss{.deltas = int_at(rows.at(0), 0).value_or(0),
                         .lost = int_at(rows.at(0), 1).value_or(0)};
}

}  // namespace kd
