#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "book/timeline.h"

namespace kd {

// A book as it was read over REST: it held at some instant between request and answer, both by
// the gatherer's clock. A value.
struct PolledBook {
  std::string ticker;
  std::string gatherer;
  std::int64_t requested_at = 0;  // µs
  std::int64_t received_at = 0;   // µs
  std::int16_t occurrence = 0;
  FoldedBook book;
};

// How far outside of request and answer a book may have held, µs.
struct CheckTolerance {
  std::int64_t clocks = 1'000'000;   // between the gatherer's clock and the exchange's
  std::int64_t cached = 15'000'000;  // how old the edge's answers may be; see `stale`
};

// Instants of exchange time, µs, both ends included.
struct CheckWindow {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
CheckWindow window_of(const PolledBook& rest, const CheckTolerance& tolerance);

// Where a REST book and a rebuilt one agree.
struct BookMatch {
  std::int64_t at = 0;              // the first such instant of the window
  const KnownBook* base = nullptr;  // of the timeline
};
std::optional<BookMatch> find_match(const Timeline& timeline, const FoldedBook& rest,
                                    const CheckWindow& window);

// The book that took over behind the window, with no change in between: what was in force when it
// was read is then unknown, and either book is right.
std::optional<BookMatch> match_of_replacement(const Timeline& timeline, const FoldedBook& rest,
                                              const CheckWindow& window);

struct LevelDifference {
  Side side{};
  Price price = *Price::from_raw(0);
  Size rest;
  Size rebuilt;
};
std::vector<LevelDifference> differences(const FoldedBook& rest, const FoldedBook& rebuilt);

// The state of the window that differs in the fewest levels; nothing without any state.
struct NearestState {
  std::int64_t at = 0;
  const KnownBook* base = nullptr;  // of the timeline
  FoldedBook book;
  std::vector<LevelDifference> levels;
};
std::optional<NearestState> nearest_state(const Timeline& timeline, const FoldedBook& rest,
                                          const CheckWindow& window);

}  // namespace kd
