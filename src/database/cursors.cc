#include "database/cursors.h"

#include <fmt/format.h>

#include <vector>

namespace kd {
namespace {

SqlValue text(std::optional<std::int64_t> value) {
  return value ? SqlValue(fmt::to_string(*value)) : std::nullopt;
}

}  // namespace

Expected<CursorMap> load_cursors(Connection& production, const std::string& shard) {
  KD_TRY(const auto rows, production.query("SELECT gatherer, table_name, database_id, position, "
                                           "stream_id, seq FROM sync_cursors WHERE shard = $1",
                                           {shard}));
  CursorMap out;
  for (const auto& row : rows) {
    out[{text_at(row, 0), text_at(row, 1)}] = {.database_id = row.at(2).value_or(""),
                                               .position = int_at(row, 3).value_or(0),
                                               .stream_id = int_at(row, 4),
                                               .seq = int_at(row, 5)};
  }
  return out;
}

Expected<void> create_cursor(Connection& production, const std::string& shard,
                             const CursorKey& key) {
  KD_DO(
      production.execute("INSERT INTO sync_cursors (gatherer, table_name, shard) "
                         "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                         {key.first, key.second, shard}));
  return {};
}

Expected<bool> move_cursors(Connection& production, const std::string& shard,
                            std::span<const CursorMove> moves) {
  if (moves.empty()) return true;
  std::vector<SqlValue> params{shard};
  std::string values;
  for (const auto& [key, from, to] : moves) {
    const auto n = params.size();
    values += fmt::format(
        "{}(${}, ${}, ${}::bigint, ${}::uuid, ${}::bigint, ${}::bigint, "
        "${}::bigint)",
        values.empty() ? "" : ", ", n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7);
    params.insert(params.end(), {key.first, key.second, fmt::to_string(from), to.database_id,
                                 fmt::to_string(to.position), text(to.stream_id), text(to.seq)});
  }
  KD_TRY(const auto moved,
         production.query("WITH moved AS (UPDATE sync_cursors c SET database_id = v.database_id, "
                          "position = v.position, stream_id = v.stream_id, seq = v.seq, "
                          "updated_at = now() FROM (VALUES " +
                              values +
                              ") AS v (gatherer, "
                              "table_name, old, database_id, position, stream_id, seq) "
                              "WHERE c.shard = $1 AND c.gatherer = v.gatherer "
                              "AND c.table_name = v.table_name AND c.position = v.old RETURNING 1) "
                              "SELECT count(*) FROM moved",
                          params));
  return int_at(moved.at(0), 0) == static_cast<std::int64_t>(moves.size());
}

}  // namespace kd
