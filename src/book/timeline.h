#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "book/folded_book.h"

namespace kd {

// A book that is known exactly at the end of millisecond `at`, and from which the states since
// `since` follow: a stored snapshot with its anchor (design, "The book at T"). A value.
struct KnownBook {
  std::string line;        // the gatherer whose snapshot it is
  std::int64_t since = 0;  // snapshot_ts, µs
  std::int64_t at = 0;     // anchor_ts, µs
  FoldedBook book;         // the snapshot with its anchor_deltas applied
};

// The books of one market over a stretch of time: at T the newest known book that is not younger
// than T counts, plus the changes in (at, T], or less those in (T, at].
//
// Immutable; any thread. Times are µs of the exchange's clock; states are those at the ends of
// milliseconds.
class Timeline {
 public:
  // In any order. `changes` holds every change of the stretch that is asked about, and of that
  // between it and the `at` of the known books that count there.
  Timeline(std::vector<KnownBook> known, std::vector<BookChange> changes);

  struct State {
    const KnownBook* base = nullptr;  // of the timeline, never nullptr
    FoldedBook book;
    std::int64_t changes = 0;  // applied or taken back
  };
  // Nothing: no known book at or before `at`.
  std::optional<State> at(std::int64_t at) const;

  // The states that held in [from, to], in order: each with the first instant of it and the one
  // behind its last. Ends early when `visit` answers false.
  using Visit = std::function<bool(const FoldedBook& book, const KnownBook& base,
                                   std::int64_t first, std::int64_t end)>;
  void walk(std::int64_t from, std::int64_t to, const Visit& visit) const;

  // The known book that replaces the one which counts at `at`, where no change lies between: when
  // they differ, the moment of the replacement is unknown.
  const KnownBook* replacement_after(std::int64_t at) const;

  const std::vector<KnownBook>& known() const { return known_; }
  const std::vector<BookChange>& changes() const { return changes_; }

 private:
  std::size_t segment_at(std::int64_t at) const;  // known_.size(): none
  std::size_t first_change_after(std::int64_t at) const;
  State state_at(const KnownBook& base, std::int64_t at) const;

  std::vector<KnownBook> known_;     // ascending by since
  std::vector<BookChange> changes_;  // ascending by ts
};

}  // namespace kd
