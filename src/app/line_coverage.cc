#include "app/line_coverage.h"

#include <fmt/format.h>

#include <algorithm>

#include "coverage/evidence_reader.h"
#include "coverage/market_coverage.h"

namespace kd {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kClocks = 60'000'000;  // positions beside the exchange's clock

CoverageHole told(const Hole& hole) {
  CoverageHole out{hole.when.from, hole.when.to, "no proof"};
  if (hole.lines.empty()) return out;
  const auto& loss = hole.lines.front();
  out.cause = name_of(loss.cause);
  if (!loss.reason.empty()) out.cause += fmt::format(" ({})", loss.reason);
  return out;
}

// The bases of the market that can prove something behind `from`, and their streams' proofs.
Expected<MarketEvidence> read_bases(Connection& database, const std::string& gatherer,
                                    const std::string& ticker, const Interval& asked,
                                    EvidenceSet& set) {
  KD_TRY(
      const auto rows,
      database.query("SELECT stream_id, snapshot_ts FROM orderbook_snapshots WHERE source = "
                     "'ws' AND ticker = $1 AND snapshot_ts < $2 AND position >= $3",
                     {ticker, fmt::to_string(asked.to), fmt::to_string(asked.from - 2 * kClocks)}));
  MarketEvidence market;
  for (const auto& row : rows) {
    const auto stream = int_at(row, 0).value_or(0);
    if (!set.find_stream(gatherer, stream)) {
      KD_TRY(const auto proof,
             database.query("SELECT proven_until[array_position(stream_ids, $1::bigint)] FROM "
                            "watermarks WHERE $1::bigint = ANY (stream_ids) AND position >= $2 "
                            "ORDER BY position DESC LIMIT 1",
                            {fmt::to_string(stream), fmt::to_string(asked.from - kClocks)}));
      const auto until = proof.empty() ? std::nullopt : int_at(proof.front(), 0);
      set.prove(gatherer, stream, until.value_or(0));
    }
    market.bases.push_back({*set.find_stream(gatherer, stream), int_at(row, 1).value_or(0)});
  }
  return market;
}

Expected<void> read_ledger(Connection& database, const std::string& gatherer,
                           const std::string& ticker, const Interval& asked, EvidenceSet& set,
                           MarketEvidence& market) {
  KD_TRY(const auto rows,
         database.query("SELECT $1::text, stream_id, connection, channel, event, at, from_ts, "
                        "to_ts, reason, array_to_string(tickers, ',') FROM ledger WHERE position "
                        ">= $2 AND event IN ('open', 'close', 'gap', 'leave', 'start', 'drop')",
                        {gatherer, fmt::to_string(asked.from - kDay)}));
  for (const auto& columns : rows) {
    const auto row = evidence_row(columns);
    const auto stream = set.find_stream(gatherer, row.stream_id);
    if (row.tickers.empty()) {
      if (stream || row.stream_id == 0) set.apply(row);
    } else if (stream && std::ranges::find(row.tickers, ticker) != row.tickers.end()) {
      if (auto loss = loss_of(row)) market.losses.push_back({0, *stream, *std::move(loss)});
    }
  }
  return {};
}

}  // namespace

Expected<CoverageAnswer> line_coverage(Connection& database, const std::string& gatherer,
                                       const std::string& ticker, std::int64_t from,
                                       std::int64_t to) {
  const Interval asked{from, to};
  EvidenceSet set;
  set.gatherer(gatherer);
  KD_TRY(auto market, read_bases(database, gatherer, ticker, asked, set));
  KD_DO(read_ledger(database, gatherer, ticker, asked, set, market));
  CoverageAnswer out;
  for (const auto& hole : market_coverage(set, market, asked).holes) {
    out.holes.push_back(told(hole));
  }
  return out;
}

}  // namespace kd
