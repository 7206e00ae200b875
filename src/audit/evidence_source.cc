#include "audit/evidence_source.h"

#include <functional>

namespace kd {
namespace {

Expected<void> each_row(Connection& connection, const std::string& sql,
                        const std::function<void(const SqlRow&)>& handle) {
  KD_DO(connection.begin());
  KD_DO(connection.exec("DECLARE evidence NO SCROLL CURSOR FOR " + sql));
  for (;;) {
    KD_TRY(const auto rows, connection.query("FETCH 20000 FROM evidence"));
    if (rows.empty()) break;
    for (const auto& row : rows) handle(row);
  }
  return connection.rollback();
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(',');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

}  // namespace

Expected<EvidenceCoverage> load_evidence(Connection& connection) {
  EvidenceCoverage coverage;
  KD_DO(each_row(connection,
                 "SELECT stream_id, from_ts, to_ts, event, channel, array_to_string(tickers, ',') "
                 "FROM ledger WHERE event IN ('gap', 'leave', 'close', 'drop')",
                 [&](const SqlRow& row) {
                   coverage.ledger({.stream = int_at(row, 0).value_or(0),
                                    .event = row[3].value_or(""),
                                    .channel = row[4].value_or(""),
                                    .from = int_at(row, 1),
                                    .to = int_at(row, 2),
                                    .tickers = split(row[5].value_or(""))});
                 }));
  KD_DO(each_row(connection,
                 "SELECT stream_id, snapshot_ts, ticker FROM orderbook_snapshots "
                 "WHERE source = 'ws'",
                 [&](const SqlRow& row) {
                   coverage.snapshot(int_at(row, 0).value_or(0), row[2].value_or(""),
                                     int_at(row, 1).value_or(0));
                 }));
  KD_DO(each_row(connection,
                 "SELECT stream, max(until) FROM watermarks, "
                 "unnest(stream_ids, proven_until) AS proof(stream, until) GROUP BY stream",
                 [&](const SqlRow& row) {
                   coverage.watermark(int_at(row, 0).value_or(0), int_at(row, 1).value_or(0));
                 }));
  return coverage;
}

}  // namespace kd
