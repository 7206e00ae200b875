#include "coverage/arrivals.h"

#include <fmt/format.h>

#include <algorithm>

#include "coverage/evidence_reader.h"

namespace kd {
namespace {

constexpr std::int64_t kFrozenAgain_us = 600'000'000;

}  // namespace

Expected<std::int64_t> Arrivals::next() {
  KD_TRY(const auto rows,
         production_.query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"));
  return int_at(rows.at(0), 0).value_or(0);
}

// What may have been read by then is bounded above too: after a restore from a dump old rows bear
// the numbers of another server's transactions.
Expected<void> Arrivals::read(std::int64_t xid, CoverageWatch& watch) {
  const auto where = fmt::format(
      "merged_by >= {} AND merged_by < pg_snapshot_xmax(pg_current_snapshot())::text::bigint", xid);
  KD_DO(ledger(where, watch));
  KD_DO(frozen(watch));
  KD_DO(bases(where, watch));
  return proofs("true", watch);
}

Expected<void> Arrivals::read_all(std::int64_t floor, std::int64_t since, CoverageWatch& watch) {
  KD_DO(proofs(fmt::format("proven_until >= {}", since), watch));
  KD_DO(ledger(fmt::format("(at >= {} OR event = 'drop')", floor), watch));
  return frozen(watch);
}

Expected<void> Arrivals::proofs(const std::string& where, CoverageWatch& watch) {
  KD_TRY(const auto rows, production_.query("SELECT gatherer, stream_id, proven_until FROM "
                                            "v_stream_proofs WHERE " +
                                            where));
  for (const auto& row : rows) {
    watch.on_proof(text_at(row, 0), int_at(row, 1).value_or(0), int_at(row, 2).value_or(0));
  }
  return {};
}

Expected<void> Arrivals::ledger(const std::string& where, CoverageWatch& watch) {
  return for_each_row(
      production_,
      fmt::format("SELECT {} FROM ledger WHERE event IN ('open', 'close', 'gap', 'leave', 'drop') "
                  "AND {} ORDER BY gatherer, position",
                  kLedgerColumns, where),
      [&](const SqlRow& row) -> Expected<void> {
        watch.on_ledger(evidence_row(row));
        return {};
      });
}

Expected<void> Arrivals::frozen(CoverageWatch& watch) {
  KD_TRY(const auto rows,
         production_.query("SELECT gatherer, ticker, from_ts, to_ts, found_at FROM frozen_lines "
                           "WHERE found_at >= $1",
                           {fmt::to_string(newest_frozen_ - kFrozenAgain_us)}));
  for (const auto& row : rows) {
    newest_frozen_ = std::max(newest_frozen_, int_at(row, 4).value_or(0));
    watch.on_frozen(text_at(row, 0), text_at(row, 1), int_at(row, 2).value_or(kEver),
                    int_at(row, 3).value_or(kNever));
  }
  return {};
}

Expected<void> Arrivals::bases(const std::string& where, CoverageWatch& watch) {
  return for_each_row(production_,
                      "SELECT gatherer, stream_id, ticker, snapshot_ts FROM orderbook_snapshots "
                      "WHERE source = 'ws' AND stream_id IS NOT NULL AND " +
                          where,
                      [&](const SqlRow& row) -> Expected<void> {
                        watch.on_base(text_at(row, 0), int_at(row, 1).value_or(0), text_at(row, 2),
                                      int_at(row, 3).value_or(0));
                        return {};
                      });
}

}  // namespace kd
