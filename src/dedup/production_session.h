#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "database/cursors.h"
#include "database/partitions.h"
#include "dedup/merge.h"
#include "dedup/table_spec.h"

namespace kd {

// What one transaction brings to production.
struct Round {
  std::array<MergedRows, kTableCount> tables;
  std::vector<CursorMove> moves;

  void clear();
};

struct TableOutcome {
  std::int64_t written = 0;
  std::int64_t duplicates = 0;
  std::int64_t quarantined = 0;
};
using RoundOutcome = std::array<TableOutcome, kTableCount>;

// The one session that writes to production. It holds the leader lock, so whoever can write is
// the leader; the server ends it after 5 s of silence, so that a stopped process cannot lead.
// Every write moves the cursors in the same transaction. Confined to one thread.
class ProductionSession {
 public:
  struct Options {
    ConnectOptions connect;
    std::vector<std::string> gatherers;
    // Called at each step of a round, by name; a test may end the process there.
    std::function<void(std::string_view)> at_step;
  };

  // Connects, checks the schema, prepares the staging tables. Does not lead yet.
  static Expected<std::unique_ptr<ProductionSession>> open(const Options& options);

  // True once this session holds the leader lock.
  Expected<bool> try_lead();

  // What is stored, with a cursor for every table of every gatherer.
  Expected<CursorMap> cursors();
  // The newest stamp of a table; SeenSet::kNothingStored when it is empty.
  Expected<std::int64_t> newest_stamp(const TableSpec& spec);
  std::int64_t partition_width_us(const TableSpec& spec) const;

  // One transaction. After an error everything of it is undone, unless kInDoubt.
  // Remedy kDropItem: a row is bad; write_isolating() finds it.
  Expected<RoundOutcome> write(const Round& round);

  // The same, asking production about every row, with bad rows put into quarantine.
  Expected<RoundOutcome> write_isolating(const Round& round);

  // Keeps the session alive; the time the answer took.
  Expected<std::chrono::microseconds> ping();

 private:
  ProductionSession(const Options& options, std::unique_ptr<Connection> connection,
                    Partitions partitions);

  using TableWriter = Expected<TableOutcome> (ProductionSession::*)(const TableSpec&,
                                                                    const MergedRows&);
  Expected<RoundOutcome> write_with(const Round& round, TableWriter writer);
  Expected<RoundOutcome> write_rows(const Round& round, TableWriter writer);
  Expected<void> ensure_partitions(const Round& round);
  Expected<TableOutcome> write_table(const TableSpec& spec, const MergedRows& rows);
  Expected<TableOutcome> write_table_isolating(const TableSpec& spec, const MergedRows& rows);
  Expected<std::int64_t> merge_staged(const TableSpec& spec, std::span<const char> rows);
  Expected<std::string> with_bounds(const std::string& statement);
  Expected<TableOutcome> bisect(const TableSpec& spec, const RowSet& rows, std::size_t first,
                                std::size_t last);
  Expected<std::int64_t> try_rows(const TableSpec& spec, std::span<const char> rows);
  Expected<void> quarantine(const TableSpec& spec, const RefusedRow& row);
  void step(std::string_view name) const {
    if (options_.at_step) options_.at_step(name);
  }

  const Options options_;
  const std::unique_ptr<Connection> connection_;
  Partitions partitions_;
};

}  // namespace kd
