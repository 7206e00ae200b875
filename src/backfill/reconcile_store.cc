#include "backfill/reconcile_store.h"

#include <fmt/format.h>

namespace kd {
namespace {

constexpr const char* kNow = "(extract(epoch FROM now()) * 1000000)::bigint";

Expected<void> write(Connection& production, const std::string& hour,
                     const ReconcileReport& report) {
  KD_DO(production.execute("DELETE FROM reconciliations WHERE hour = $1", {hour}));
  KD_DO(production.execute("DELETE FROM reconciled_hours WHERE hour = $1", {hour}));
  int index = 0;
  for (const auto& finding : report.findings) {
    KD_DO(production.execute(
        fmt::format("INSERT INTO reconciliations (hour, ticker, kind, at_ts, until_ts, number, "
                    "expected, found, detail, checked_at) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {})",
                    kNow),
        {hour, finding.ticker, std::string(to_string(finding.kind)), fmt::to_string(finding.at_us),
         fmt::to_string(finding.until_us), fmt::to_string(index++),
         fmt::to_string(finding.expected), fmt::to_string(finding.found), finding.detail}));
  }
  KD_DO(production.execute(
      fmt::format("INSERT INTO reconciled_hours (hour, trades, block_trades, markets, findings, "
                  "unproven, checked_at) VALUES ($1, $2, $3, $4, $5, $6, {})",
                  kNow),
      {hour, fmt::to_string(report.trades), fmt::to_string(report.block_trades),
       fmt::to_string(report.markets), fmt::to_string(report.findings_total),
       fmt::to_string(report.unproven)}));
  return {};
}

}  // namespace

Expected<void> store_hour(Connection& production, std::int64_t hour_us,
                          const ReconcileReport& report) {
  KD_DO(production.begin());
  auto written = write(production, fmt::to_string(hour_us), report);
  if (written) written = production.commit();
  if (!written && production.usable()) static_cast<void>(production.rollback());
  return written;
}

}  // namespace kd
