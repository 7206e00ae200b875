#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/expected.h"
#include "database/connection.h"

namespace kd {

// How far one table of one gatherer has been taken over. The row at `position` is named by its
// stream and seq as well, so that another database in its place is noticed. A value.
struct SyncCursor {
  std::string database_id;  // empty: nothing was taken over yet
  std::int64_t position = 0;
  std::optional<std::int64_t> stream_id;
  std::optional<std::int64_t> seq;

  friend bool operator==(const SyncCursor&, const SyncCursor&) = default;
};

using CursorKey = std::pair<std::string, std::string>;  // gatherer, table
using CursorMap = std::map<CursorKey, SyncCursor>;

// All cursors of a shard ("index/count") that are stored in production.
Expected<CursorMap> load_cursors(Connection& production, const std::string& shard);

// Makes the cursor row of `key` if there is none, at position 0.
Expected<void> create_cursor(Connection& production, const std::string& shard,
                             const CursorKey& key);

struct CursorMove {
  CursorKey key;
  std::int64_t from = 0;  // the stored position, as the caller knows it
  SyncCursor to;
};

// Compare-and-swap inside the caller's transaction: false when one of the stored positions is
// another than `from`, which means that another deduplicator has the lead.
Expected<bool> move_cursors(Connection& production, const std::string& shard,
                            std::span<const CursorMove> moves);

}  // namespace kd
