#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "database/cursors.h"
#include "dedup/page_board.h"
#include "dedup/shard.h"
#include "dedup/table_spec.h"

namespace kd {

// A session in a gatherer's database, as role dedup_reader: what is read there, and the little that
// is written. Confined to one thread.
class GathererSession {
 public:
  // Rows beyond a position. Of a sharded table they may be fewer than were looked at, even none.
  struct Rows {
    std::vector<char> bytes;  // COPY binary, every row well-formed
    std::int64_t count = 0;
    std::int64_t looked_at = 0;
    SyncCursor end;  // the last row looked at; position 0: there was none
  };
  struct Backlog {
    std::int64_t newest_position = 0;  // 0: the table is empty
    std::int64_t rows_behind = 0;      // counted up to a limit
  };
  using Ack = std::pair<std::string, std::int64_t>;  // table, position

  // Connects and checks the schema.
  static Expected<std::unique_ptr<GathererSession>> open(const ConnectOptions& options,
                                                         Shard shard);

  const std::string& database_id() const { return database_id_; }
  bool usable() const { return connection_->usable(); }

  // Whether the row that the cursor names is in this database.
  Expected<bool> has_row(const TableSpec& spec, const SyncCursor& cursor);
  // Looks at up to `limit` rows beyond `after`; `buffer` is memory to be used again.
  Expected<Rows> read(const TableSpec& spec, std::int64_t after, std::int64_t limit,
                      std::vector<char> buffer);
  // The last committed position beyond `after`; nullopt: there is none.
  Expected<std::optional<std::int64_t>> newest_beyond(const TableSpec& spec, std::int64_t after);
  Expected<Backlog> backlog(const TableSpec& spec, std::int64_t after);

  // Says how far `consumer` durably has each table; also backwards.
  Expected<void> acknowledge(const std::string& consumer, const std::vector<Ack>& acks);
  Expected<void> request_resyncs(const std::vector<ResyncRequest>& requests);

 private:
  GathererSession(std::unique_ptr<Connection> connection, std::string database_id, Shard shard);

  bool splits(const TableSpec& spec) const { return spec.sharded && shard_.count > 1; }
  Expected<Rows> read_shard(const TableSpec& spec, std::int64_t after, std::int64_t limit,
                            std::vector<char> buffer);

  const std::unique_ptr<Connection> connection_;
  const std::string database_id_;
  const Shard shard_;
};

}  // namespace kd
