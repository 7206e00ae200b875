#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/interner.h"
#include "base/last_heard.h"
#include "codec/frame_decoder.h"
#include "codec/gatherer_rows.h"
#include "codec/row_batch.h"
#include "codec/table.h"
#include "model/control_event.h"
#include "router/router_metrics.h"
#include "router/stream.h"

namespace kd {

// From frames to rows, for the connections of one I/O thread: decodes, checks seq, numbers,
// encodes, and keeps what cannot be decoded. Batches leave by `hand_over` when they are full or
// flush() is called. No I/O, no clock, no allocation per frame. Confined to that thread.
class Router {
 public:
  // A book whose leg is to be compared with REST's.
  struct LegQuestion {
    std::int32_t connection = 0;
    std::int64_t stream_id = 0;
    std::string ticker;
    std::vector<Level> no;
  };
  struct Options {
    // Rows per table at which a batch is handed over at once.
    std::array<std::size_t, kAllTables.size()> batch_rows{};
    const Interner* tickers = nullptr;  // the names behind without_base()'s ids
    LastHeard* heard = nullptr;         // told of every change of a book; null: nobody is
    std::function<std::int64_t()> next_stream_id;
    // Told of every lifecycle event, after its row is made; combo: of the combos' channel.
    std::function<void(const LifecycleEvent&, bool combo)> on_lifecycle;
    // Which rows of the channels of all markets are kept; empty: all.
    std::function<bool(std::string_view ticker, Channel channel)> selects;
    // Asks for a verdict, to be brought to legs_judged(); empty: nobody to ask.
    std::function<void(LegQuestion)> ask_legs;
    // A book stream sends prices in the wrong leg; it makes no more rows.
    std::function<void(const StreamPlace&)> on_flipped;
    // Messages were lost on a channel that get_snapshot cannot heal.
    std::function<void(Channel)> on_gap;
  };
  // Takes the rows out of the batch and leaves it empty, with its memory or another's.
  using HandOver = std::function<void(Table, RowBatch&)>;

  Router(Options options, HandOver hand_over, RouterMetrics& metrics);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // `text` is followed by kFramePadding readable bytes.
  ControlEvent on_frame(std::int32_t connection, std::string_view text, Micros received);
  // One of its streams has ended, by an error or because we ended it.
  void stream_ended(std::int32_t connection, std::int64_t sid, Micros at, std::string_view reason);
  // All its streams have ended.
  void connection_closed(std::int32_t connection, Micros at, std::string_view reason);
  // The router stops: what streams are left end here.
  void close_all(Micros at, std::string_view reason);
  // Evidence of a command: which markets a stream has been asked to hold, or to let go.
  void joined(std::int32_t connection, std::int64_t sid, Micros at,
              std::span<const std::string_view> tickers);
  void left(std::int32_t connection, std::int64_t sid, Micros at,
            std::span<const std::string_view> tickers);

  // Evidence that the exchange has let them go.
  void gone(std::int32_t connection, std::int64_t sid, Micros at,
            std::span<const std::string_view> tickers);
  // New bases came for markets that had lost messages.
  void healed(std::int32_t connection, std::int64_t sid, Micros at,
              std::span<const std::string_view> tickers);
  // Markets of which no snapshot came, however often it was asked for.
  void unanswered(std::int32_t connection, std::int64_t sid, Micros at,
                  std::span<const std::string_view> tickers);
  // Those of `markets` that have had no snapshot on the stream.
  std::vector<Interner::Id> without_base(std::int32_t connection, std::int64_t sid,
                                         std::span<const Interner::Id> markets);
  // What became of a LegQuestion.
  void legs_judged(std::int32_t connection, std::int64_t stream_id, LegVerdict verdict, Micros at);
  // How far every stream is proven complete by what was handed over and what is in the batches;
  // of a stream that has ended, once more.
  std::vector<StreamProof> take_proofs();

  // Time passes: rows that waited for news of a quiet sid become complete as they are.
  void tick(Micros now);
  // Hands over every batch that holds rows.
  void flush();

 private:
  class Visitor;
  Stream* find(std::int32_t connection, std::int64_t sid);
  void open_stream(std::int32_t connection, const Subscribed& subscribed, Micros at);
  Stream* adopt(std::int32_t connection, std::int64_t sid, const Message& message, Micros at);
  void close_stream(Stream& stream, Micros at, std::string_view reason);
  // What the seq of a frame says of its stream. False: the frame came before.
  bool check_seq(Stream*& stream, Micros received, bool& gap);
  void on_book(Stream& stream, const OrderbookSnapshot& book, const Origin& origin, bool asked);
  void look_at_legs(Stream& stream, const OrderbookSnapshot& book, Micros at);
  void condemn(Stream& stream, Micros at);
  bool selects(std::string_view ticker, Channel channel);
  void quarantine(Counter& counter, std::string_view reason, std::string_view text,
                  Micros received);
  void note(const Stream& stream, Micros at, std::string_view event, std::string_view reason,
            std::span<const std::string_view> tickers = {});
  struct Gap {
    std::optional<Micros> until;  // sending time of the frame behind the hole
    std::int64_t count = 0;       // frames lost
    std::string_view reason;
    std::span<const std::string_view> tickers;  // empty: every market of the stream
  };
  void note_gap(const Stream& stream, Micros at, const Gap& gap);
  void note_heal(const Stream& stream, Micros at, std::span<const std::string_view> tickers);
  struct Entry {
    std::string_view event;
    std::optional<Micros> from;
    std::optional<Micros> to;
    std::optional<std::int64_t> count;
    std::string_view reason;
    std::span<const std::string_view> tickers;
  };
  void write(const Stream& stream, Micros at, const Entry& entry);
  Stream& restart(Stream& stream, Micros at);
  void count_unknown_keys();
  void keep_duplicate(const Stream& stream, std::string_view text, Micros received);
  ControlEvent keep_raw(Counter& counter, Stream* stream, std::string_view ticker,
                        std::string_view reason, std::string_view text, Micros received);
  static std::optional<StreamProof> proof_of(const Stream& stream);
  RowBatch& batch(Table table) { return batches_[index_of(table)]; }
  void hand_over(Table table);
  void hand_over_if_full(Table table);

  const Options options_;
  const HandOver hand_over_;
  RouterMetrics& metrics_;
  FrameDecoder decoder_;
  PairFilter twins_;
  std::uint64_t unknown_keys_counted_ = 0;
  std::array<RowBatch, kAllTables.size()> batches_;
  std::vector<StreamProof> ended_;  // not told yet
  // By connection; a connection has a handful of sids.
  std::unordered_map<std::int32_t, std::vector<std::unique_ptr<Stream>>> streams_;
};

}  // namespace kd
