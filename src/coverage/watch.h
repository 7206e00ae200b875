#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/paged_array.h"
#include "base/string_index.h"
#include "coverage/evidence.h"

namespace kd {

// Knows of a million markets which of them may have been without any line lately, so that only
// those are looked at in full. Told all evidence in order of arrival, it keeps of each market and
// line its newest base; whenever it is not sure that one line or another covered a market since
// something changed, it names the market. It never takes an uncovered market for a covered one.
// About 110 bytes a market with three lines, names included. Confined to one thread.
class CoverageWatch {
 public:
  // A row of the ledger, a snapshot of a stream, a proof, a frozen line. May come again.
  void on_ledger(const EvidenceRow& row);
  void on_base(std::string_view gatherer, std::int64_t stream_id, std::string_view ticker,
               std::int64_t at);
  void on_proof(std::string_view gatherer, std::int64_t stream_id, std::int64_t until);
  void on_frozen(std::string_view gatherer, std::string_view ticker, std::int64_t from,
                 std::int64_t to);
  // The last hole of this market behind `from` ends at `until`; kNever: it grows; kEver: there is
  // none. What was told of times before `from` stays.
  void on_holes(std::string_view ticker, std::int64_t from, std::int64_t until);

  struct Suspect {
    std::string ticker;
    std::int64_t from;  // nothing changed before
  };
  struct Outcome {
    std::vector<Suspect> suspects;
    // Lines that were given up for dead go on: everything from here on is to be looked at again.
    std::optional<std::int64_t> replay_from;
    bool channels = false;  // the evidence of a channel without books says something else
  };
  // What may be uncovered up to `horizon`, which is no earlier than the last one.
  Outcome advance(std::int64_t horizon);
  // Starts at a horizon whose holes are known.
  void begin(std::int64_t horizon);

  std::size_t markets() const { return watched_; }  // with a line at the last horizon
  // More names are forgotten markets' than known ones': begin anew.
  bool wasteful() const;
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {  // a base; the bases of a market are a list
    std::int64_t at = 0;
    std::uint32_t stream = 0;
    std::uint32_t next = kNone;
  };
  struct StreamState {
    std::vector<std::uint32_t> members;
    std::int64_t judged_end = kNever;  // its end when its markets were last looked at
    std::int64_t seen_end = kNever;    // at the last horizon
    bool forgotten = false;
  };
  struct Head {
    std::uint32_t first = kNone;
  };
  struct Mark {  // of a market and a line: bases at or before `until` are none
    std::int64_t until = kEver;
    std::int64_t left_from = kNever;  // of a leave that is not acknowledged
  };
  struct Touch {  // of a market; looked at once the horizon lies behind `due`, and again at `last`
    std::int64_t from = kNever;
    std::int64_t due = kNever;
    std::int64_t last = kEver;
    std::int64_t base = kNever;  // its earliest new one
  };
  using Line = std::uint32_t;  // a stream, or a gatherer with the highest bit

  StreamState& state(std::uint32_t stream);
  std::uint32_t book_stream(std::string_view gatherer, std::int64_t stream_id);
  Touch& touch(std::uint32_t market, std::int64_t from);
  void touch_members(std::uint32_t stream, std::int64_t from);
  void on_drop(const EvidenceRow& row);
  void on_channel(std::int64_t until);
  void on_named(const EvidenceRow& row, const Loss& loss, std::uint32_t stream);
  Mark& mark(std::uint32_t market, Line line);
  bool marked(std::uint32_t market, const Node& node) const;
  void judge_stream(std::uint32_t stream, std::int64_t horizon, Outcome& outcome);
  void replay_all(Outcome& outcome) const;
  bool judge_channels(std::int64_t horizon);
  void judge_pending(std::int64_t horizon);
  void judge_touched(std::int64_t horizon, Outcome& outcome);
  bool suspicious(std::uint32_t market, Interval since) const;
  bool covered(std::uint32_t market, Interval all) const;
  std::int64_t end_of(const Node& node) const;
  bool useless(std::uint32_t market, const Node& node) const;
  void remove_nodes(std::uint32_t market, const std::function<bool(const Node&)>& useless);
  void tidy();
  void tidy_stream(std::uint32_t stream);
  std::int64_t complete_before(std::uint32_t stream) const;
  std::uint32_t new_node();

  EvidenceSet evidence_;
  std::vector<StreamState> states_;
  StringIndex names_;
  PagedArray<Head> heads_;
  PagedArray<Node> nodes_;
  std::uint32_t node_count_ = 0;
  std::uint32_t free_ = kNone;
  std::size_t watched_ = 0;
  std::int64_t horizon_ = kEver;
  std::int64_t tidied_ = 0;  // at that horizon
  std::unordered_map<std::uint64_t, Mark> marks_;
  std::unordered_map<std::uint32_t, std::int64_t> holed_;
  std::unordered_map<std::uint32_t, Touch> touched_;
  // Of whole streams: where one is lost, and where a drop of it ends.
  std::vector<std::pair<std::uint32_t, std::int64_t>> pending_;
  std::optional<std::int64_t> replay_from_;
  std::optional<std::int64_t> channels_until_;  // what changed of them ends there
};

}  // namespace kd
