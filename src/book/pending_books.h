#pragma once

#include <cstdint>
#include <vector>

#include "book/book_checker.h"
#include "book/rest_check.h"
#include "database/connection.h"

namespace kd {

// Which of the markets a deduplicator looks after.
struct MarketShard {
  int index = 0;
  int count = 1;
};

// REST books that wait in rest_books for their check. A value.
struct PendingBooks {
  std::vector<PolledBook> books;
  std::vector<bool> readable;  // false: what is stored is no book
};

// The oldest ones that were received by `until`, µs, `most` of them.
Expected<PendingBooks> load_pending(Connection& production, const MarketShard& shard,
                                    std::int64_t until, int most);
// Whether more than `bound` wait.
Expected<bool> more_pending_than(Connection& production, std::int64_t bound);

// Prepares a session for store_results().
Expected<void> prepare_results(Connection& production);
// Stores the results, and the books that are to be kept in full, and takes all of them from the
// waiting ones, in one transaction. Repeating it is harmless.
Expected<void> store_results(Connection& production, const PendingBooks& pending,
                             const std::vector<CheckResult>& results, std::int64_t now_us);

}  // namespace kd
