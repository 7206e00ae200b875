#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "book/timeline.h"
#include "database/connection.h"

namespace kd {

// What the books of many markets take, each from its own stretch of time, in a few statements.
// Times are µs of the exchange's clock. Answers are in the order of the requests.

struct StretchRequest {
  std::string ticker;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// Per market the newest usable snapshot at or before `from`, and all in (from, to].
Expected<std::vector<std::vector<KnownBook>>> load_known(Connection& production,
                                                         std::span<const StretchRequest> requests);

// Per market the usable snapshots in (from, to] alone.
Expected<std::vector<std::vector<KnownBook>>> load_newer(Connection& production,
                                                         std::span<const StretchRequest> requests);

struct ChangeRequest {
  std::string ticker;
  std::int64_t after = 0;
  std::int64_t sum_until = 0;  // changes up to here come as one per level, stamped with it
  std::int64_t to = 0;
};

// Per market the changes in (after, to], one per level and millisecond.
Expected<std::vector<std::vector<BookChange>>> load_changes(
    Connection& production, std::span<const ChangeRequest> requests);

// Per market the newest REST book stored in full in the day before `from`.
Expected<std::vector<std::optional<std::int64_t>>> load_last_full(
    Connection& production, std::span<const StretchRequest> requests);

// Whether the exchange itself sent the snapshot in place of another book: its stream did not ask
// for it, and held another one (`reset` in the ledger).
Expected<bool> replaced_by_exchange(Connection& production, const std::string& ticker,
                                    const KnownBook& by);

// Leaves of the books that count at or before `from` only the newest.
void drop_older(std::vector<KnownBook>& known, std::int64_t from);

// The changes that a timeline of these books needs to be walked over [from, to], after
// drop_older().
ChangeRequest changes_for(const std::string& ticker, const std::vector<KnownBook>& known,
                          std::int64_t from, std::int64_t to);

}  // namespace kd
