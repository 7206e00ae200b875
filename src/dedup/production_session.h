#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "database/cursors.h"
#include "database/partitions.h"
#include "dedup/leader_watch.h"
#include "dedup/round.h"
#include "dedup/shard.h"
#include "dedup/table_spec.h"
#include "dedup/table_writer.h"

namespace kd {

using RoundOutcome = std::array<TableOutcome, kTableCount>;

// The one session that writes to production. It holds the leader lock, so whoever can write is
// the leader. A stopped or cut-off process cannot lead for long: the server ends its session after
// 5 s of silence or of a dead connection, and a standby ends one that hangs inside a COPY.
// Every write moves the cursors in the same transaction. Confined to one thread.
class ProductionSession {
 public:
  struct Options {
    ConnectOptions connect;
    std::vector<std::string> gatherers;
    Shard shard;
    // Called at each step of a round, by name; a test may end the process there.
    std::function<void(std::string_view)> at_step;
  };

  // Connects, checks the schema, prepares the staging tables. Does not lead yet.
  static Expected<std::unique_ptr<ProductionSession>> open(const Options& options);

  // True once this session holds the leader lock of its shard. Otherwise ends the session that
  // holds it, if that hangs.
  Expected<bool> try_lead();

  // Names this production database, for good, and the shard.
  const std::string& consumer() const { return consumer_; }

  // What is stored, with a cursor for every table of every gatherer.
  Expected<CursorMap> cursors();
  // The newest stamp of a table; SeenSet::kNothingStored when it is empty.
  Expected<std::int64_t> newest_stamp(const TableSpec& spec, std::int64_t now_us);
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
                    Partitions partitions, std::string consumer);

  using WriteTable = Expected<TableOutcome> (MergeTableWriter::*)(const TableSpec&,
                                                                  const MergedRows&);
  Expected<void> end_hanging_leader();
  Expected<std::optional<std::int64_t>> newest_since(const TableSpec& spec, std::int64_t from_us);
  Expected<RoundOutcome> write_with(const Round& round, WriteTable writer);
  Expected<RoundOutcome> write_round(const Round& round, WriteTable writer);
  Expected<void> write_tables(const Round& round, WriteTable writer, RoundOutcome& outcome);
  Expected<void> write_evidence(const Round& round, RoundOutcome& outcome);
  Expected<void> ensure_partitions(const Round& round);
  void step(std::string_view name) const {
    if (options_.at_step) options_.at_step(name);
  }

  const Options options_;
  const std::unique_ptr<Connection> connection_;
  Partitions partitions_;
  const std::string consumer_;
  MergeTableWriter writer_;
  LeaderWatch leader_watch_;
};

}  // namespace kd
