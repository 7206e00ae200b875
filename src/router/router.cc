#include "router/router.h"

#include <string>
#include <utility>

namespace kd {
namespace {

constexpr const char* kReceived = "router_messages_received_total";
constexpr const char* kReceivedHelp = "WebSocket messages by type";

// Up to where the exchange's clock is known on a stream.
std::optional<Micros> last_sending(const Stream& stream) {
  if (stream.last_sending() == Micros()) return std::nullopt;
  return stream.last_sending();
}

}  // namespace

RouterMetrics::RouterMetrics(MetricsRegistry& r)
    : deltas(r.counter(kReceived, kReceivedHelp, {{"type", "orderbook_delta"}})),
      snapshots(r.counter(kReceived, kReceivedHelp, {{"type", "orderbook_snapshot"}})),
      trades(r.counter(kReceived, kReceivedHelp, {{"type", "trade"}})),
      tickers(r.counter(kReceived, kReceivedHelp, {{"type", "ticker"}})),
      lifecycle(r.counter(kReceived, kReceivedHelp, {{"type", "lifecycle"}})),
      control(r.counter(kReceived, kReceivedHelp, {{"type", "control"}})),
      parse_errors(r.counter("router_parse_errors_total", "messages that could not be decoded",
                             {{"type", "frame"}})),
      unknown_types(r.counter("router_unknown_messages_total", "shapes never seen before",
                              {{"reason", "type"}})),
      unknown_keys(r.counter("router_unknown_messages_total", "shapes never seen before",
                             {{"reason", "key"}})),
      quarantined(r.counter("router_quarantined_total", "frames kept raw in quarantine",
                            {{"reason", "any"}})),
      gaps(r.counter("conn_manager_sequence_gaps_total", "holes in the seq of a stream",
                     {{"role", "any"}})),
      duplicates(r.counter("router_messages_dropped_total", "messages not applied",
                           {{"type", "duplicate_seq"}})),
      collapsed_tickers(r.counter("router_messages_dropped_total", "messages not applied",
                                  {{"type", "equal_ticker"}})) {}

// Sends each kind of message to its rows, or to the connection.
class Router::Visitor {
 public:
  Visitor(Router& router, Stream* stream, const Frame& frame, std::string_view text,
          const Origin& origin)
      : router_(router), stream_(stream), frame_(frame), text_(text), origin_(origin) {}

  ControlEvent operator()(const OrderbookDelta& delta) {
    router_.metrics_.deltas.add();
    if (stream_ == nullptr) return unbound();
    if (auto done = stream_->on_delta(delta, origin_, router_.batch(Table::kOrderbookDeltas),
                                      router_.batch(Table::kOrderbookSnapshots));
        !done) {
      return router_.keep_raw(stream_, delta.ticker, done.error().what, text_, origin_.received);
    }
    router_.hand_over_if_full(Table::kOrderbookDeltas);
    return {};
  }
  ControlEvent operator()(const OrderbookSnapshot& snapshot) {
    router_.metrics_.snapshots.add();
    if (stream_ == nullptr) return unbound();
    stream_->on_snapshot(snapshot, origin_);
    return {};
  }
  ControlEvent operator()(const Trade& trade) {
    router_.metrics_.trades.add();
    append_trade(router_.batch(Table::kTrades), trade, origin_);
    router_.hand_over_if_full(Table::kTrades);
    return {};
  }
  ControlEvent operator()(const TickerUpdate& ticker) {
    router_.metrics_.tickers.add();
    if (stream_ == nullptr) return unbound();
    const auto stored = stream_->on_ticker(ticker, origin_, router_.batch(Table::kTickers));
    if (!stored) {
      router_.quarantine(stored.error().what, text_, origin_.received);
    } else if (!*stored) {
      router_.metrics_.collapsed_tickers.add();
    }
    router_.hand_over_if_full(Table::kTickers);
    return {};
  }
  ControlEvent operator()(const LifecycleEvent& event) {
    router_.metrics_.lifecycle.add();
    append_lifecycle(router_.batch(Table::kLifecycleEvents), event, origin_);
    router_.hand_over_if_full(Table::kLifecycleEvents);
    router_.options_.on_lifecycle(event);
    return {};
  }
  ControlEvent operator()(const UnknownMessage& unknown) {
    router_.metrics_.unknown_types.add();
    router_.quarantine("unknown message type '" + std::string(unknown.type) + "'", text_,
                       origin_.received);
    return {};
  }
  ControlEvent operator()(const Subscribed& subscribed) {
    auto event = control(ControlEvent::Kind::kSubscribed);
    event.sid = subscribed.sid;
    event.channel = subscribed.channel;
    return event;
  }
  ControlEvent operator()(const Ok&) { return control(ControlEvent::Kind::kOk); }
  ControlEvent operator()(const SubscriptionList&) { return control(ControlEvent::Kind::kNone); }
  ControlEvent operator()(const Unsubscribed&) {
    return control(ControlEvent::Kind::kUnsubscribed);
  }
  ControlEvent operator()(const CommandError& error) {
    auto event = control(ControlEvent::Kind::kError);
    event.code = error.code;
    event.names_markets = error.names_markets;
    event.text = std::string(error.text);
    return event;
  }

 private:
  ControlEvent control(ControlEvent::Kind kind) {
    router_.metrics_.control.add();
    ControlEvent event;
    event.kind = kind;
    event.id = frame_.envelope.id;
    event.sid = frame_.envelope.sid;
    return event;
  }
  // Data of a sid that nobody subscribed: kept, because nothing received may be lost.
  ControlEvent unbound() {
    router_.quarantine("data of an unknown sid", text_, origin_.received);
    return {};
  }

  Router& router_;
  Stream* stream_;
  const Frame& frame_;
  std::string_view text_;
  const Origin& origin_;
};

Router::Router(Options options, HandOver hand_over, RouterMetrics& metrics)
    : options_(std::move(options)), hand_over_(std::move(hand_over)), metrics_(metrics) {}
Router::~Router() = default;

ControlEvent Router::on_frame(std::int32_t connection, std::string_view text, Micros received) {
  const auto frame = decoder_.decode(text);
  const auto& envelope = decoder_.envelope();
  count_unknown_keys();
  if (frame && std::holds_alternative<Subscribed>(frame->message)) {
    open_stream(connection, std::get<Subscribed>(frame->message), received);
  }
  auto* stream = envelope.sid ? find(connection, *envelope.sid) : nullptr;
  ControlEvent gap;
  if (stream != nullptr && envelope.seq) {
    const auto verdict = stream->seq().next(*envelope.seq);
    if (verdict == SeqTracker::Verdict::kDuplicate) return duplicate(*stream, text, received);
    if (verdict == SeqTracker::Verdict::kGap) {
      metrics_.gaps.add();
      note_gap(*stream, received,
               {.until = envelope.sending,
                .count = stream->seq().missing(),
                .reason = "seq",
                .tickers = {}});
      gap.kind = ControlEvent::Kind::kGap;
      gap.sid = envelope.sid;
    }
  }
  const bool believed =
      stream != nullptr && envelope.sending && stream->note_sending(*envelope.sending, received);
  if (!frame) {
    metrics_.parse_errors.add();
    const auto event = keep_raw(stream, decoder_.ticker(), frame.error().what, text, received);
    return gap.kind == ControlEvent::Kind::kGap ? gap : event;
  }
  const Origin origin{.stream_id = stream != nullptr ? stream->place().stream_id : 0,
                      .seq = envelope.seq.value_or(0),
                      .received = received,
                      .sending = believed ? envelope.sending : std::nullopt};
  auto event = std::visit(Visitor(*this, stream, *frame, text, origin), frame->message);
  if (believed) {
    stream->expire(batch(Table::kOrderbookSnapshots));
    hand_over_if_full(Table::kOrderbookSnapshots);
  }
  return gap.kind == ControlEvent::Kind::kGap ? gap : event;
}

void Router::count_unknown_keys() {
  if (decoder_.unknown_keys() == unknown_keys_counted_) return;
  metrics_.unknown_keys.add(static_cast<double>(decoder_.unknown_keys() - unknown_keys_counted_));
  unknown_keys_counted_ = decoder_.unknown_keys();
}

// Not applied, but kept raw: it may be no copy after all. A seq that starts over means that the
// stream is another one than we think.
ControlEvent Router::duplicate(const Stream& stream, std::string_view text, Micros received) {
  const auto seq = decoder_.envelope().seq.value_or(0);
  metrics_.duplicates.add();
  note(stream, received, "duplicate", "seq " + std::to_string(seq) + " came again");
  quarantine("seq " + std::to_string(seq) + " came again", text, received);
  ControlEvent event;
  if (seq == 1) event.kind = ControlEvent::Kind::kGap;
  event.sid = stream.place().sid;
  return event;
}

// A message that cannot become a row. On a book stream it is a gap of its market, or of all
// markets when it does not name one.
ControlEvent Router::keep_raw(Stream* stream, std::string_view ticker, std::string_view reason,
                              std::string_view text, Micros received) {
  quarantine(reason, text, received);
  ControlEvent event;
  if (stream == nullptr || stream->place().channel != Channel::kOrderbook) return event;
  const std::string_view tickers[] = {ticker};
  Gap gap{.until = decoder_.envelope().sending, .count = 1, .reason = reason, .tickers = {}};
  if (!ticker.empty()) gap.tickers = tickers;
  note_gap(*stream, received, gap);
  event.kind = ticker.empty() ? ControlEvent::Kind::kGap : ControlEvent::Kind::kStale;
  event.sid = stream->place().sid;
  event.text = std::string(ticker);
  return event;
}

void Router::tick(Micros now) {
  for (auto& [connection, streams] : streams_) {
    for (auto& stream : streams) stream->on_tick(now, batch(Table::kOrderbookSnapshots));
  }
}

Stream* Router::find(std::int32_t connection, std::int64_t sid) {
  const auto streams = streams_.find(connection);
  if (streams == streams_.end()) return nullptr;
  for (const auto& stream : streams->second) {
    if (stream->place().sid == sid) return stream.get();
  }
  return nullptr;
}

void Router::open_stream(std::int32_t connection, const Subscribed& subscribed, Micros at) {
  if (find(connection, subscribed.sid) != nullptr) return;
  auto& stream = streams_[connection].emplace_back(
      std::make_unique<Stream>(StreamPlace{.stream_id = options_.next_stream_id(),
                                           .connection = connection,
                                           .sid = subscribed.sid,
                                           .channel = subscribed.channel}));
  note(*stream, at, "open", "use_yes_price=false");
}

void Router::connection_closed(std::int32_t connection, Micros at, std::string_view reason) {
  const auto streams = streams_.find(connection);
  if (streams == streams_.end()) return;
  for (auto& stream : streams->second) close_stream(*stream, at, reason);
  streams_.erase(streams);
}

void Router::close_all(Micros at, std::string_view reason) {
  while (!streams_.empty()) connection_closed(streams_.begin()->first, at, reason);
}

void Router::close_stream(Stream& stream, Micros at, std::string_view reason) {
  stream.finish(batch(Table::kOrderbookSnapshots));
  note(stream, at, "close", reason);
}

void Router::joined(std::int32_t connection, std::int64_t sid, Micros at,
                    std::span<const std::string_view> tickers) {
  if (const auto* stream = find(connection, sid)) note(*stream, at, "join", {}, tickers);
}

void Router::left(std::int32_t connection, std::int64_t sid, Micros at,
                  std::span<const std::string_view> tickers) {
  if (const auto* stream = find(connection, sid)) note(*stream, at, "leave", {}, tickers);
}

void Router::quarantine(std::string_view reason, std::string_view text, Micros received) {
  metrics_.quarantined.add();
  append_quarantine(batch(Table::kQuarantine), received, reason, text);
}

void Router::note(const Stream& stream, Micros at, std::string_view event, std::string_view reason,
                  std::span<const std::string_view> tickers) {
  append_ledger(batch(Table::kLedger), {.at = at,
                                        .stream_id = stream.place().stream_id,
                                        .connection = stream.place().connection,
                                        .sid = stream.place().sid,
                                        .channel = stream.place().channel,
                                        .event = event,
                                        .from = last_sending(stream),
                                        .to = std::nullopt,
                                        .count = std::nullopt,
                                        .reason = reason,
                                        .tickers = tickers});
}

// From the last contiguous frame's sending time to that of the frame behind the hole.
void Router::note_gap(const Stream& stream, Micros at, const Gap& gap) {
  append_ledger(batch(Table::kLedger), {.at = at,
                                        .stream_id = stream.place().stream_id,
                                        .connection = stream.place().connection,
                                        .sid = stream.place().sid,
                                        .channel = stream.place().channel,
                                        .event = "gap",
                                        .from = last_sending(stream),
                                        .to = gap.until,
                                        .count = gap.count,
                                        .reason = gap.reason,
                                        .tickers = gap.tickers});
}

void Router::hand_over_if_full(Table table) {
  auto& rows = batch(table);
  if (rows.rows() >= options_.batch_rows[index_of(table)]) hand_over_(table, rows);
}

void Router::flush() {
  for (const auto table : kAllTables) {
    if (!batch(table).empty()) hand_over_(table, batch(table));
  }
}

}  // namespace kd
