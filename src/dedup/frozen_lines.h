#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dedup/ledger_event.h"

namespace kd {

// Finds lines that fell silent on a market: a gatherer whose stream carried the market, and is
// proven well beyond several changes that another gatherer brought, but did not bring them.
//
// A line that merely lags has no proof yet; one that was away, or left the market, or reported
// the loss itself (close, leave, gap, drop) is not silent but absent, which its ledger says. So
// nothing is found in ordinary catch-up, after restarts, or while a gatherer is away.
//
// Told of every change of every line, in the order of each line, and of a line's ledger and
// proofs never before the changes that it had committed earlier. A change costs a hash and a
// look-up; nothing is allocated but when the table grows, up to `max_bytes`. What does not fit
// is not watched. After any error of a round: reset(). Times are exchange time, µs.
// Confined to the writer's thread.
class FrozenLines {
 public:
  struct Options {
    std::int64_t silence_us = 30'000'000;    // from the first missed change to the last
    std::uint8_t changes = 3;                // missed in different milliseconds, at least
    std::int64_t margin_us = 10'000'000;     // proven so far beyond the last of them
    std::int64_t repeat_us = 60'000'000;     // the least time between two findings of a line
    std::int64_t forget_us = 3'600'000'000;  // markets quiet for so long make room for others
    std::size_t max_bytes = 128UL << 20;
  };
  struct Change {
    std::size_t gatherer;
    std::int64_t stream_id;
    std::int64_t stamp_us;
    std::string_view ticker;
  };
  // The line brought nothing of the market between `from_us`, its last change (or the last
  // finding), and `to_us`, a change of another line.
  struct Finding {
    std::size_t gatherer = 0;
    std::string ticker;
    std::int64_t from_us = 0;
    std::int64_t to_us = 0;

    friend bool operator==(const Finding&, const Finding&) = default;
  };

  FrozenLines(std::size_t gatherers, Options options);

  void on_change(const Change& change);
  void on_ledger(std::size_t gatherer, const MergedLedgerRow& event);
  void on_proof(std::size_t gatherer, std::int64_t stream_id, std::int64_t proven_until_us);

  // What was found since the last call.
  std::vector<Finding> take();
  void reset();

  std::size_t markets() const { return used_; }
  std::size_t bytes() const;

 private:
  struct Line {
    std::int64_t last_us = 0;      // its last change, or the end of the last finding; 0: none
    std::int64_t stream_id = 0;    // that brought it
    std::int64_t left_stream = 0;  // that the market has left
    std::int64_t since_us = 0;     // the first missed change
    std::int64_t until_us = 0;     // the last one counted
    std::uint8_t missed = 0;
    bool silent = false;  // missed enough; a finding as soon as the stream is proven
    bool found = false;   // before, and not heard since
  };
  struct Stream {
    std::int64_t proven_us = 0;
    std::int64_t lost_us = 0;  // reported by itself: what it missed until then
  };

  Line* lines_of(std::string_view ticker);
  Line* known_lines_of(std::string_view ticker);
  std::size_t slot_of(std::uint64_t key) const;
  bool make_room();
  void rebuild(std::size_t slots);
  bool is_stale(std::size_t slot) const;

  void deliver(Line& line, const Change& change);
  void miss(Line& line, std::size_t gatherer, const Change& change);
  void judge(Line& line, std::size_t gatherer, std::string_view ticker);
  void note_gap(std::size_t gatherer, const MergedLedgerRow& event);

  const std::size_t gatherers_;
  const Options options_;
  std::vector<std::uint64_t> keys_;  // open addressing; zero: free
  std::vector<Line> lines_;          // `gatherers_` of them per slot
  std::size_t used_ = 0;
  std::int64_t newest_us_ = 0;
  std::int64_t next_rebuild_us_ = 0;  // when full of markets that are not quiet
  std::vector<std::unordered_map<std::int64_t, Stream>> streams_;  // by gatherer
  std::vector<std::int64_t> lost_us_;  // by gatherer: rows it lost of any stream
  std::vector<Finding> findings_;
};

}  // namespace kd
