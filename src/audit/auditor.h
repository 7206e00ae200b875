#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/coverage.h"
#include "audit/snapshot_tally.h"
#include "audit/tally.h"
#include "audit/truth.h"

namespace kd {

// What one gatherer's evidence says of the changes that it does not have; all in rows.
struct EvidenceAudit {
  std::int64_t absent = 0;           // emitted and not in its database, whatever the reason
  std::int64_t falsely_covered = 0;  // of those, at times that its evidence calls covered
  // Faults kept these from it, on all its connections; and these perhaps.
  std::int64_t withheld = 0;
  std::int64_t uncertain = 0;
  // Of both, absent and at times that its evidence calls covered.
  std::int64_t withheld_unexplained = 0;
};

struct AuditReport {
  std::map<std::string, TableAudit> tables;  // by table name
  // Deltas that the key (ticker, time, price, side) would have merged with a different one, at
  // the resolution of the stamps that were sent.
  std::int64_t lost_by_short_key = 0;
  std::int64_t answered_snapshots = 0;  // answers to commands; not part of any table's figures
  std::int64_t answered_snapshots_merged = 0;     // of those, in production by their client
  std::map<std::string, EvidenceAudit> evidence;  // by gatherer
  std::vector<std::string> examples;              // a few of the rows that are missing or doubled

  bool clean() const;              // nothing missing, doubled or falsely covered
  std::int64_t merged() const;     // rows of all tables
  std::int64_t unwatched() const;  // the same
};

// Compares the simulator's truth with what the gatherers and production hold.
//
// Use: learn() every record; then per gatherer begin_gatherer(), see() its rows and prove() every
// record; then begin_production() and see() those; at last explain() every record once more, and
// report().
// Clients whose id is no gatherer's are not audited. Confined to one thread.
class Auditor {
 public:
  // `since_us`: rows received earlier belong to a run before this truth.
  Auditor(std::vector<std::string> gatherers, std::int64_t since_us);

  void learn(const TruthRecord& record);
  void explain(const TruthRecord& record);
  // A change that the gatherer does not have must not lie where its evidence says that it has all.
  void prove(const TruthRecord& record, const EvidenceCoverage& evidence);

  void begin_gatherer(const std::string& id);
  void begin_production();

  // The tables, and the query that selects from one what see() wants.
  static std::span<const std::string_view> tables();
  std::string query(std::string_view table) const;
  // One row as COPY text delivers it. The error names the table and the field.
  Expected<void> see(std::string_view table, std::span<const std::string_view> fields);

  AuditReport report();

 private:
  struct TickerState {
    std::int64_t at_ms = 0;
    AuditKey key;
    bool watched = false;
  };

  bool watched(const TruthRecord& record) const { return (record.clients & audited_) != 0; }
  void learn_client(const TruthRecord& record);
  void learn_delta(const TruthRecord& record);
  void learn_ticker(const TruthRecord& record);
  void learn_loss(const TruthRecord& record);
  void prove_loss(const TruthRecord& record, const EvidenceCoverage& evidence);
  void finish_learning();
  void begin_source();
  void finish_gatherer();
  bool see_snapshot(std::span<const std::string_view> fields);
  void note(std::string text);

  const std::vector<std::string> gatherers_;
  const std::int64_t since_us_;
  std::uint64_t audited_ = 0;  // the bits of the clients that are gatherers
  std::map<std::string, int, std::less<>> bits_;

  std::map<std::string, MultisetTally, std::less<>> tallies_;  // all tables but snapshots
  SnapshotTally snapshots_;
  std::unordered_map<std::string, TickerState> ticker_states_;
  std::vector<AuditKey> short_keys_;
  std::int64_t earliest_ms_ = INT64_MAX;

  std::string source_;  // the gatherer whose rows are seen; empty: production
  std::map<std::string, std::map<std::string, std::int64_t>> captured_;  // table -> gatherer
  std::map<std::string, EvidenceAudit> evidence_;
  std::vector<std::string> examples_;
};

}  // namespace kd
