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

#include "codec/frame_decoder.h"
#include "codec/row_batch.h"
#include "codec/table.h"
#include "metrics/registry.h"
#include "model/control_event.h"
#include "router/stream.h"

namespace kd {

// The counters of all routers of a process, looked up once.
struct RouterMetrics {
  explicit RouterMetrics(MetricsRegistry& registry);
  Counter& deltas;
  Counter& snapshots;
  Counter& trades;
  Counter& tickers;
  Counter& lifecycle;
  Counter& control;
  Counter& parse_errors;
  Counter& unknown_types;
  Counter& unknown_keys;
  Counter& quarantined;
  Counter& gaps;
  Counter& duplicates;
  Counter& collapsed_tickers;
};

// From frames to rows, for the connections of one I/O thread: decodes, checks seq, numbers,
// encodes, and keeps what cannot be decoded. Batches leave by `hand_over` when they are full or
// flush() is called. No I/O, no clock, no allocation per frame. Confined to that thread.
class Router {
 public:
  struct Options {
    // Rows per table at which a batch is handed over at once.
    std::array<std::size_t, kAllTables.size()> batch_rows{};
    std::function<std::int64_t()> next_stream_id;
    // Told of every lifecycle event, after its row is made.
    std::function<void(const LifecycleEvent&)> on_lifecycle;
  };
  // Takes the rows out of the batch and leaves it empty, with its memory or another's.
  using HandOver = std::function<void(Table, RowBatch&)>;

  Router(Options options, HandOver hand_over, RouterMetrics& metrics);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // `text` is followed by kFramePadding readable bytes.
  ControlEvent on_frame(std::int32_t connection, std::string_view text, Micros received);
  // All its streams have ended.
  void connection_closed(std::int32_t connection, Micros at, std::string_view reason);
  // The router stops: what streams are left end here.
  void close_all(Micros at, std::string_view reason);
  // Evidence of a command: which markets a stream has been asked to hold, or to let go.
  void joined(std::int32_t connection, std::int64_t sid, Micros at,
              std::span<const std::string_view> tickers);
  void left(std::int32_t connection, std::int64_t sid, Micros at,
            std::span<const std::string_view> tickers);

  // Time passes: rows that waited for news of a quiet sid become complete as they are.
  void tick(Micros now);
  // Hands over every batch that holds rows.
  void flush();

 private:
  class Visitor;
  Stream* find(std::int32_t connection, std::int64_t sid);
  void open_stream(std::int32_t connection, const Subscribed& subscribed, Micros at);
  void close_stream(Stream& stream, Micros at, std::string_view reason);
  void quarantine(std::string_view reason, std::string_view text, Micros received);
  void note(const Stream& stream, Micros at, std::string_view event, std::string_view reason,
            std::span<const std::string_view> tickers = {});
  struct Gap {
    std::optional<Micros> until;  // sending time of the frame behind the hole
    std::int64_t count = 0;       // frames lost
    std::string_view reason;
    std::span<const std::string_view> tickers;  // empty: every market of the stream
  };
  void note_gap(const Stream& stream, Micros at, const Gap& gap);
  void count_unknown_keys();
  ControlEvent duplicate(const Stream& stream, std::string_view text, Micros received);
  ControlEvent keep_raw(Stream* stream, std::string_view ticker, std::string_view reason,
                        std::string_view text, Micros received);
  RowBatch& batch(Table table) { return batches_[index_of(table)]; }
  void hand_over_if_full(Table table);

  const Options options_;
  const HandOver hand_over_;
  RouterMetrics& metrics_;
  FrameDecoder decoder_;
  std::uint64_t unknown_keys_counted_ = 0;
  std::array<RowBatch, kAllTables.size()> batches_;
  // By connection; a connection has a handful of sids.
  std::unordered_map<std::int32_t, std::vector<std::unique_ptr<Stream>>> streams_;
};

}  // namespace kd
