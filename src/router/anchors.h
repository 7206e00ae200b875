#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/string_index.h"
#include "codec/gatherer_rows.h"
#include "model/messages.h"

namespace kd {

// The snapshots of one stream that wait for their anchor (design, section 4, "The book at T"):
// the changes of their market that this stream delivers after them, stamped at or before
// anchor_ts = snapshot_ts + 1 s. Each becomes a row when its anchor is complete:
//
// - at its market's own first change past anchor_ts: a market's times do not step back;
// - for a quiet market when the sid's sending time is kGrace past anchor_ts: what the exchange
//   stamped by then has been sent;
// - on a quiet sid kPatience after it was received: with anchor_ts NULL unless the sid got past it;
// - at the stream's end; with anchor_ts NULL where the sid had not got past it.
//
// Confined to one thread. `tickers` gives the names of the markets and outlives this.
class Anchors {
 public:
  static constexpr std::chrono::seconds kSpan{1};
  static constexpr std::chrono::seconds kGrace{10};
  static constexpr std::chrono::seconds kPatience{20};

  explicit Anchors(const StringIndex& tickers) : tickers_(tickers) {}

  void add(std::uint32_t market, const OrderbookSnapshot& snapshot, Micros snapshot_ts,
           std::int16_t occurrence, const Origin& origin);
  void on_delta(std::uint32_t market, const OrderbookDelta& delta, RowBatch& out);
  void expire(Micros sending, RowBatch& out);
  // `now` by our clock; `sending`: by then everything that happened has been sent.
  void expire_unheard(Micros now, Micros sending, RowBatch& out);
  // `sending`: the same, at the stream's end.
  void finish(Micros sending, RowBatch& out);

  // Changes of the market, or of all, were lost: what waits will be written with anchor_ts NULL.
  void spoil(std::uint32_t market);
  void spoil_all();
  // The stream's rows are not to be believed: what waits never becomes a row.
  void discard();

  bool waits(std::uint32_t market) const { return market < waits_.size() && waits_[market]; }
  std::size_t pending() const { return pending_; }

 private:
  struct Pending {
    Micros snapshot_ts{};
    std::int16_t occurrence = 0;
    Origin origin;
    std::vector<std::uint8_t> levels;  // packed: see anchors.cc
    std::vector<std::int64_t> deltas;
    bool spoiled = false;

    Micros anchor_ts() const { return snapshot_ts + kSpan; }
  };
  struct Due {
    Micros at;
    Micros received;
    std::uint32_t market;
  };
  void write(std::uint32_t market, const Pending& pending, bool anchored, RowBatch& out);
  // Takes out those of a market for which `done` says so.
  template <typename Done>
  void settle(std::uint32_t market, Done done);

  const StringIndex& tickers_;
  std::unordered_map<std::uint32_t, std::vector<Pending>> by_market_;  // those that wait
  std::vector<bool> waits_;  // by market: asked for every delta
  std::size_t pending_ = 0;
  std::deque<Due> due_;                 // in order of arrival
  std::vector<std::int64_t> yes_, no_;  // of the snapshot being written
};

}  // namespace kd
