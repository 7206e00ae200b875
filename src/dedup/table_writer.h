#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "dedup/merge.h"
#include "dedup/table_spec.h"

namespace kd {

struct TableOutcome {
  std::int64_t written = 0;
  std::int64_t duplicates = 0;
  std::int64_t quarantined = 0;

  TableOutcome& operator+=(const TableOutcome& other);
};

// Writes merged rows inside the caller's transaction: what is surely new by COPY, the rest
// through a temporary staging table per table, which touches only the partitions of the rows.
// Confined to the thread of its connection.
class MergeTableWriter {
 public:
  using Step = std::function<void(std::string_view)>;

  // `step`, which may be empty, is called after "direct" and after "staged".
  MergeTableWriter(Connection& connection, std::vector<std::string> gatherers, Step step);

  // Makes the staging tables; once per session.
  Expected<void> prepare();

  // Remedy kDropItem: a row is bad; write_isolating() finds it, in a new transaction.
  Expected<TableOutcome> write(const TableSpec& spec, const MergedRows& rows);
  // The same, asking production about every row, with bad rows put into quarantine.
  Expected<TableOutcome> write_isolating(const TableSpec& spec, const MergedRows& rows);
  // Rows that were refused before.
  Expected<void> quarantine(const TableSpec& spec, const RefusedRow& row);

 private:
  Expected<void> note_drop(const RowOrigin& row);
  Expected<std::int64_t> merge_staged(const TableSpec& spec, std::span<const char> rows);
  Expected<std::int64_t> run_merge(const std::string& statement);
  Expected<std::string> with_bounds(std::string_view statement);
  Expected<void> lock_trades(const TableSpec& spec);
  Expected<TableOutcome> bisect(const TableSpec& spec, const RowSet& rows, std::size_t first,
                                std::size_t last);
  Expected<std::int64_t> try_rows(const TableSpec& spec, std::span<const char> rows);

  Connection& connection_;
  const std::vector<std::string> gatherers_;
  const Step step_;
};

}  // namespace kd
