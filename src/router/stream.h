#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/interner.h"
#include "base/last_heard.h"
#include "base/string_index.h"
#include "model/book_sum.h"
#include "model/legs.h"
#include "model/messages.h"
#include "model/occurrence.h"
#include "router/anchors.h"
#include "router/lag.h"
#include "router/pair_filter.h"
#include "router/seq_tracker.h"

namespace kd {

// Where a stream hangs.
struct StreamPlace {
  std::int64_t stream_id = 0;   // unique within a gatherer's database, across restarts
  std::int32_t connection = 0;  // its number within this gatherer
  std::int64_t sid = 0;
  Channel channel{};
};

// What a snapshot says of the book that the stream had of its market.
enum class BookCheck : std::uint8_t {
  kFirst,    // there was none
  kHealed,   // messages were lost; this is the new base
  kEqual,    // it is the same book
  kDiffers,  // it is another one
};

// One subscription stream, from `subscribed` to its end: its seq, and per market what numbers
// its rows and checks its book. Turns its messages into rows. Confined to one I/O thread.
class Stream {
 public:
  // Who is told of every change of a book, by the market's process-wide number. May be empty.
  struct Listener {
    const Interner* tickers = nullptr;
    LastHeard* heard = nullptr;
  };
  Stream(StreamPlace place, Listener listener)
      : place_(place), listener_(listener), anchors_(tickers_) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Each appends what becomes a row now. Error: the message has no certain number and is to be
  // kept raw as well; its row is appended where there is one.
  Expected<void> on_delta(const OrderbookDelta& delta, const Origin& origin, RowBatch& deltas,
                          RowBatch& snapshots);
  BookCheck on_snapshot(const OrderbookSnapshot& snapshot, const Origin& origin);
  // False when no row was needed: the same state at the same time as the market's last, or one
  // that the twin of this socket brought.
  Expected<bool> on_ticker(const TickerUpdate& ticker, const Origin& origin, PairFilter& twins,
                           RowBatch& tickers);

  // Messages were lost: of this market, or of all. Until its next snapshot its book is not checked.
  void lost(std::string_view ticker);
  void lost_any();
  // The market is taken off the stream: its next snapshot here is a first one.
  void left(std::string_view ticker);
  // Up to when it was proven at that time.
  std::optional<Micros> left_from(std::string_view ticker) const;
  // Whether the stream has a snapshot of the market, and lost nothing of it since.
  bool has_base(std::string_view ticker) const;

  // The sending time of a frame, before its message. False: too far ahead to be believed.
  bool note_sending(Micros sending, Micros received);
  // Time has passed on this sid: rows may become complete.
  void expire(RowBatch& snapshots) { anchors_.expire(last_sending_, snapshots); }
  // Time passes by our clock.
  void on_tick(Micros now, RowBatch& snapshots);
  // The stream has ended: what waits is written as it is.
  void finish(RowBatch& snapshots);

  // What the exchange took for a message of a stream that has no deltas.
  void note_lag(Micros sending, Micros exchange) { lag_.note(sending, exchange); }

  // Its messages cannot be believed: from now on it makes no rows.
  void silence();
  bool silenced() const { return silenced_; }

  // What happened up to here by the exchange's clock, and was lost by nobody else, is recorded;
  // nothing while no frame told a sending time.
  std::optional<Micros> proven_until() const;

  LegVerdict legs = LegVerdict::kUndecided;
  int leg_checks = 0;  // asked for
  bool asking_legs = false;
  int crossed_books = 0;  // seen

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
    BookSum book;                // as of the stream's last message
    Micros left_from{};          // proven until, when it was last taken off
    Interner::Id number = Interner::kNone;
    std::int16_t equal_snapshots = 0;
    bool known = false;
    bool stale = false;  // messages were lost since `book`
  };
  // A time so far ahead of our clock and the exchange's would make every later one look old.
  static constexpr std::chrono::hours kFarAhead{1};
  bool far_ahead(Micros at, Micros received) const;
  std::uint32_t market_of(std::string_view ticker);

  void tell(MarketState& state, std::string_view ticker, Micros received);

  const StreamPlace place_;
  const Listener listener_;
  SeqTracker seq_;
  StringIndex tickers_;
  std::vector<MarketState> markets_;
  Anchors anchors_;
  Micros last_sending_{};
  Lag lag_;
  bool silenced_ = false;
};

}  // namespace kd
