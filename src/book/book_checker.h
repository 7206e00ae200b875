#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "book/batch_books.h"
#include "book/coverage_question.h"
#include "book/known_books.h"
#include "book/rest_check.h"
#include "database/connection.h"

namespace kd {

enum class CheckVerdict {
  kMatch,      // equal to the rebuilt book at an instant of its window
  kStale,      // equal to it up to 15 s before the request: an answer from the edge's cache
  kMismatch,   // equal at none, although the market was covered
  kUnproven,   // equal at none, and the market was not covered
  kNoBase,     // there is nothing to rebuild from
  kUnchecked,  // not looked at
};
std::string_view name_of(CheckVerdict verdict);

// One differing level, with what the record says about it since the two books last agreed.
struct ExplainedDifference {
  LevelDifference level;
  std::int64_t changes = 0;  // rows of the level
  std::string lines;         // the gatherers that brought them: "g1, g3"
  std::optional<std::int64_t> first_change;
  std::optional<std::int64_t> last_change;
};

// What a check came to. A value. Times are µs of the exchange's clock.
struct CheckResult {
  CheckVerdict verdict = CheckVerdict::kUnchecked;
  std::optional<std::int64_t> matched_at;
  std::string base_line;  // of the snapshot it was rebuilt from; empty: none
  std::optional<std::int64_t> base_ts;
  // The rebuilt book was right here: the difference came about later.
  std::optional<std::int64_t> agreed_at;
  std::vector<ExplainedDifference> differences;  // of the instant with the fewest
  std::vector<CoverageHole> holes;
  bool store_in_full = true;
};

// Compares REST books with those rebuilt from production. Confined to one thread.
class BookChecker {
 public:
  struct Options {
    CheckTolerance tolerance;
    // How long after its window a book that replaces another without a change is looked for, µs:
    // the exchange empties a book within seconds after its market closes.
    std::int64_t replacement = 30'000'000;
    std::size_t known_bytes = 256UL << 20;
    bool want_last_full = true;  // false: `store_in_full` is not wanted
    // Market by market: slower, but the only way that is bearable where rows are compressed.
    bool one_by_one = false;
  };
  BookChecker(const Options& options, AskCoverage coverage);

  // In the order of `books`. After an error nothing of it counts.
  Expected<std::vector<CheckResult>> check(Connection& production,
                                           std::span<const PolledBook> books);
  // When all that production holds may have changed.
  void forget() { known_.clear(); }

 private:
  struct Group {  // the books of one market that lie close together, in order of time
    std::string ticker;
    std::vector<std::size_t> books;
    CheckWindow window;  // of all of them
  };
  std::vector<std::vector<Group>> rounds_of(std::span<const PolledBook> books) const;
  Expected<void> check_round(Connection& production, std::span<const PolledBook> books,
                             std::span<const Group> groups, std::vector<CheckResult>& results);
  Expected<std::vector<std::vector<KnownBook>>> known_for(Connection& production,
                                                          std::span<const Group> groups);
  Expected<void> judge_group(Connection& production, std::span<const PolledBook> books,
                             const Group& group, const Timeline& timeline,
                             std::vector<CheckResult>& results);
  Expected<CheckResult> look_closer(Connection& production, const PolledBook& rest);
  Expected<std::optional<BookMatch>> find_replacement(Connection& production,
                                                      const PolledBook& rest,
                                                      const Timeline& timeline,
                                                      const CheckWindow& window);
  Expected<CheckResult> explain(Connection& production, const PolledBook& rest,
                                const Timeline& timeline, const CheckWindow& window);
  Expected<void> decide_storage(Connection& production, std::span<const PolledBook> books,
                                std::vector<CheckResult>& results);
  void remember(const PolledBook& rest, const CheckResult& result);

  const Options options_;
  const AskCoverage coverage_;
  KnownBooks known_;
};

}  // namespace kd
