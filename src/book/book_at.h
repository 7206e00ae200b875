#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "book/book_store.h"
#include "book/coverage_question.h"

namespace kd {

// The book of one market at the end of a millisecond, and how far it can be relied upon. A value.
// Times are µs of the exchange's clock.
struct BookAnswer {
  struct Base {
    std::string line;
    std::int64_t stream_id = 0;
    std::int64_t snapshot_ts = 0;
    std::optional<std::int64_t> anchor_ts;  // absent: the line ended before it was complete
  };

  std::string ticker;
  std::int64_t at = 0;
  std::optional<Base> base;  // absent: nothing to build on, and the book is empty
  FoldedBook book;
  std::int64_t changes = 0;  // applied to the base, or taken back from it
  std::optional<std::int64_t> last_change;
  // The interval that had to be covered, and what of it is not.
  std::int64_t needed_from = 0;
  std::int64_t needed_to = 0;
  std::vector<CoverageHole> holes;
  std::vector<std::string> reasons;  // why it may be wrong, each a sentence; none: exact

  bool exact() const { return reasons.empty(); }
};

// The book of `ticker` at the end of the millisecond of `at`, by the anchor rule (design, "The
// book at T"). Without `coverage` every interval counts as covered.
Expected<BookAnswer> book_at(BookStore& store, const AskCoverage& coverage,
                             const std::string& ticker, std::int64_t at);

}  // namespace kd
