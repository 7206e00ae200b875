#pragma once

#include <cstdint>
#include <vector>

#include "base/string_index.h"
#include "model/messages.h"
#include "model/occurrence.h"
#include "router/anchors.h"
#include "router/seq_tracker.h"

namespace kd {

// Where a stream hangs.
struct StreamPlace {
  std::int64_t stream_id = 0;   // unique within a gatherer's database, across restarts
  std::int32_t connection = 0;  // its number within this gatherer
  std::int64_t sid = 0;
  Channel channel{};
};

// One subscription stream, from `subscribed` to its end: its seq, and per market what numbers
// its rows. Turns its messages into rows. Confined to one I/O thread.
class Stream {
 public:
  explicit Stream(StreamPlace place) : place_(place), anchors_(tickers_) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Each appends what becomes a row now. Error: the message has no certain number and is to be
  // kept raw as well; its row is appended where there is one.
  Expected<void> on_delta(const OrderbookDelta& delta, const Origin& origin, RowBatch& deltas,
                          RowBatch& snapshots);
  void on_snapshot(const OrderbookSnapshot& snapshot, const Origin& origin);
  // False when it is the same state at the same time as the market's last: collapsed.
  Expected<bool> on_ticker(const TickerUpdate& ticker, const Origin& origin, RowBatch& tickers);

  // The sending time of a frame, before its message. False: too far ahead to be believed.
  bool note_sending(Micros sending, Micros received);
  // Time has passed on this sid: rows may become complete.
  void expire(RowBatch& snapshots) { anchors_.expire(last_sending_, snapshots); }
  // Time passes by our clock.
  void on_tick(Micros now, RowBatch& snapshots);
  // The stream has ended: what waits is written as it is.
  void finish(RowBatch& snapshots);

  SeqTracker& seq() { return seq_; }
  const SeqTracker& seq() const { return seq_; }
  const StreamPlace& place() const { return place_; }
  Micros last_sending() const { return last_sending_; }

 private:
  struct MarketState {
    RowNumbering numbering;
    Micros joined{};             // sending time of its first snapshot here
    Micros last_at{};            // of its last snapshot (books) or ticker
    std::int64_t last_hash = 0;  // of its last ticker
    std::int16_t equal_snapshots = 0;
    bool known = false;
  };
  // A time so far ahead of our clock and the exchange's would make every later one look old.
  static constexpr std::chrono::hours kFarAhead{1};
  bool far_ahead(Micros at, Micros received) const;
  std::uint32_t market_of(std::string_view ticker);

  const StreamPlace place_;
  SeqTracker seq_;
  StringIndex tickers_;
  std::vector<MarketState> markets_;
  Anchors anchors_;
  Micros last_sending_{};
};

}  // namespace kd
