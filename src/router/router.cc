#include "router/router.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kd {
namespace {

constexpr int kMostLegChecks = 5;

// Which channel brings such a message; nothing for answers and for what nobody knows.
std::optional<Channel> channel_of(const Message& message) {
  if (std::holds_alternative<OrderbookDelta>(message) ||
      std::holds_alternative<OrderbookSnapshot>(message)) {
    return Channel::kOrderbook;
  }
  if (std::holds_alternative<Trade>(message)) return Channel::kTrade;
  if (std::holds_alternative<TickerUpdate>(message)) return Channel::kTicker;
  if (std::holds_alternative<LifecycleEvent>(message)) return Channel::kLifecycle;
  return std::nullopt;
}

}  // namespace

// Sends each kind of message to its rows, or to the connection.
class Router::Visitor {
 public:
  Visitor(Router& router, Stream* stream, const Frame& frame, std::string_view text,
          const Origin& origin)
      : router_(router), stream_(stream), frame_(frame), text_(text), origin_(origin) {}

  ControlEvent operator()(const OrderbookDelta& delta) {
    router_.metrics_.deltas.add();
    if (stream_ == nullptr) return unbound();
    if (stream_->silenced()) return {};
    if (auto done = stream_->on_delta(delta, origin_, router_.batch(Table::kOrderbookDeltas),
                                      router_.batch(Table::kOrderbookSnapshots));
        !done) {
      return router_.keep_raw(router_.metrics_.wild_times, stream_, delta.ticker, done.error().what,
                              text_, origin_.received);
    }
    router_.hand_over_if_full(Table::kOrderbookDeltas);
    return {};
  }
  ControlEvent operator()(const OrderbookSnapshot& snapshot) {
    router_.metrics_.snapshots.add();
    if (stream_ == nullptr) return unbound();
    auto event = control(ControlEvent::Kind::kSnapshot);
    event.text = snapshot.ticker;
    if (!stream_->silenced()) {
      router_.on_book(*stream_, snapshot, origin_, frame_.envelope.id.has_value());
    }
    return event;
  }
  ControlEvent operator()(const Trade& trade) {
    router_.metrics_.trades.add();
    if (stream_ != nullptr && origin_.sending) {
      stream_->note_lag(*origin_.sending, trade.time.at);
    }
    if (!router_.selects(trade.ticker, Channel::kTrade)) return {};
    if (!router_.twins_.first(trade, origin_.received)) {
      router_.metrics_.twin_copies.add();
      return {};
    }
    append_trade(router_.batch(Table::kTrades), trade, origin_);
    router_.hand_over_if_full(Table::kTrades);
    return {};
  }
  ControlEvent operator()(const TickerUpdate& ticker) {
    router_.metrics_.tickers.add();
    if (stream_ == nullptr) return unbound();
    if (!router_.selects(ticker.ticker, Channel::kTicker)) return {};
    const auto stored =
        stream_->on_ticker(ticker, origin_, router_.twins_, router_.batch(Table::kTickers));
    if (!stored) {
      router_.quarantine(router_.metrics_.wild_times, stored.error().what, text_, origin_.received);
    } else if (!*stored) {
      router_.metrics_.equal_tickers.add();
    }
    router_.hand_over_if_full(Table::kTickers);
    return {};
  }
  ControlEvent operator()(const LifecycleEvent& event) {
    router_.metrics_.lifecycle.add();
    if (!is_known_event(event.event_type)) router_.metrics_.unknown_events.add();
    const auto channel = stream_ != nullptr ? stream_->place().channel : Channel::kLifecycle;
    if (router_.selects(event.ticker, channel)) {
      append_lifecycle(router_.batch(Table::kLifecycleEvents), event, origin_);
      router_.hand_over_if_full(Table::kLifecycleEvents);
    }
    router_.options_.on_lifecycle(event, channel == Channel::kComboLifecycle);
    return {};
  }
  ControlEvent operator()(const UnknownMessage& unknown) {
    router_.quarantine(router_.metrics_.unknown_types,
                       "unknown message type '" + std::string(unknown.type) + "'", text_,
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
    event.text = error.text;
    return event;
  }

 private:
  ControlEvent control(ControlEvent::Kind kind) {
    if (kind != ControlEvent::Kind::kSnapshot) router_.metrics_.control.add();
    ControlEvent event;
    event.kind = kind;
    event.id = frame_.envelope.id;
    event.sid = frame_.envelope.sid;
    return event;
  }
  // Data of a sid that nobody subscribed: kept, because nothing received may be lost.
  ControlEvent unbound() {
    router_.quarantine(router_.metrics_.unknown_sids, "data of an unknown sid", text_,
                       origin_.received);
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
  if (stream == nullptr && frame && envelope.sid) {
    stream = adopt(connection, *envelope.sid, frame->message, received);
  }
  bool gap = false;
  if (!check_seq(stream, received, gap)) {
    keep_duplicate(*stream, text, received);
    return {};
  }
  const bool believed =
      stream != nullptr && envelope.sending && stream->note_sending(*envelope.sending, received);
  ControlEvent event;
  if (!frame) {
    metrics_.parse_errors.add();
    event = keep_raw(metrics_.undecodable, stream, decoder_.ticker(), frame.error().what, text,
                     received);
  } else {
    const Origin origin{.stream_id = stream != nullptr ? stream->place().stream_id : 0,
                        .seq = envelope.seq.value_or(0),
                        .received = received,
                        .sending = believed ? envelope.sending : std::nullopt};
    event = std::visit(Visitor(*this, stream, *frame, text, origin), frame->message);
    if (believed) {
      stream->expire(batch(Table::kOrderbookSnapshots));
      hand_over_if_full(Table::kOrderbookSnapshots);
    }
  }
  if (gap) {
    event.gap = true;
    event.sid = envelope.sid;
    if (event.kind == ControlEvent::Kind::kNone) event.kind = ControlEvent::Kind::kGap;
  }
  return event;
}

bool Router::check_seq(Stream*& stream, Micros received, bool& gap) {
  const auto& envelope = decoder_.envelope();
  if (stream == nullptr || !envelope.seq) return true;
  if (stream->place().channel == Channel::kTicker) return true;  // has none that could be trusted
  if (*envelope.seq == 1 && stream->seq().last() > 1) {  // it is another one than we thought
    stream = &restart(*stream, received);
    gap = true;
  }
  // A book stream proves nothing before its snapshots, so its first frame may have any number.
  const bool fresh = stream->seq().last() == 0 && stream->place().channel == Channel::kOrderbook;
  const auto verdict = stream->seq().next(*envelope.seq);
  if (verdict == SeqTracker::Verdict::kDuplicate) return false;
  if (verdict == SeqTracker::Verdict::kContiguous || fresh) return true;
  gap = true;
  note_gap(*stream, received,
           {.until = envelope.sending,
            .count = stream->seq().missing(),
            .reason = "seq",
            .tickers = {}});
  stream->lost_any();
  if (stream->place().channel != Channel::kOrderbook && options_.on_gap) {
    options_.on_gap(stream->place().channel);
  }
  return true;
}

void Router::on_book(Stream& stream, const OrderbookSnapshot& book, const Origin& origin,
                     bool asked) {
  look_at_legs(stream, book, origin.received);
  if (stream.silenced()) return;
  const std::string_view tickers[] = {book.ticker};
  switch (stream.on_snapshot(book, origin)) {
    case BookCheck::kEqual:
      return metrics_.self_checks.add();
    case BookCheck::kDiffers:
      if (!asked) return note(stream, origin.received, "reset", "unasked snapshot", tickers);
      metrics_.self_checks.add();
      metrics_.mismatches.add();
      return note(stream, origin.received, "mismatch", "answer of get_snapshot", tickers);
    default:
      return;
  }
}

void Router::look_at_legs(Stream& stream, const OrderbookSnapshot& book, Micros at) {
  constexpr int kCrossedBooks = 2;  // one alone may be the exchange's own odd moment
  if (stream.legs == LegVerdict::kOwnLeg || book.no.empty()) return;
  if (legs_of(book) == LegVerdict::kFlipped && ++stream.crossed_books >= kCrossedBooks) {
    return condemn(stream, at);
  }
  if (!options_.ask_legs || stream.asking_legs || stream.leg_checks >= kMostLegChecks) return;
  ++stream.leg_checks;
  stream.asking_legs = true;
  options_.ask_legs({.connection = stream.place().connection,
                     .stream_id = stream.place().stream_id,
                     .ticker = std::string(book.ticker),
                     .no = {book.no.begin(), book.no.end()}});
}

void Router::legs_judged(std::int32_t connection, std::int64_t stream_id, LegVerdict verdict,
                         Micros at) {
  const auto streams = streams_.find(connection);
  if (streams == streams_.end()) return;
  for (const auto& stream : streams->second) {
    if (stream->place().stream_id != stream_id || stream->silenced()) continue;
    stream->asking_legs = false;
    if (verdict == LegVerdict::kFlipped) return condemn(*stream, at);
    if (verdict == LegVerdict::kOwnLeg) stream->legs = verdict;
  }
}

// A mix of legs would double rows and spoil books, so a stream in the wrong one ends for good.
void Router::condemn(Stream& stream, Micros at) {
  metrics_.flipped_legs.add();
  note(stream, at, "close", "flipped leg: the prices of no are those of yes");
  stream.silence();
  if (options_.on_flipped) options_.on_flipped(stream.place());
}

bool Router::selects(std::string_view ticker, Channel channel) {
  if (!options_.selects || options_.selects(ticker, channel)) return true;
  metrics_.unselected.add();
  return false;
}

void Router::count_unknown_keys() {
  if (decoder_.unknown_keys() == unknown_keys_counted_) return;
  metrics_.unknown_keys.add(static_cast<double>(decoder_.unknown_keys() - unknown_keys_counted_));
  unknown_keys_counted_ = decoder_.unknown_keys();
}

// Not applied, but kept raw: it may be no copy after all.
void Router::keep_duplicate(const Stream& stream, std::string_view text, Micros received) {
  const auto reason = "seq " + std::to_string(decoder_.envelope().seq.value_or(0)) + " came again";
  note(stream, received, "duplicate", reason);
  quarantine(metrics_.duplicates, reason, text, received);
}

// A message that cannot become a row. On a book stream it is a gap of its market, or of all
// markets when it does not name one.
ControlEvent Router::keep_raw(Counter& counter, Stream* stream, std::string_view ticker,
                              std::string_view reason, std::string_view text, Micros received) {
  quarantine(counter, reason, text, received);
  ControlEvent event;
  if (stream == nullptr || stream->place().channel != Channel::kOrderbook) return event;
  const std::string_view tickers[] = {ticker};
  Gap gap{.until = decoder_.envelope().sending, .count = 1, .reason = reason, .tickers = {}};
  if (!ticker.empty()) gap.tickers = tickers;
  note_gap(*stream, received, gap);
  ticker.empty() ? stream->lost_any() : stream->lost(ticker);
  event.kind = ticker.empty() ? ControlEvent::Kind::kGap : ControlEvent::Kind::kStale;
  event.sid = stream->place().sid;
  event.text = ticker;
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

Stream& Router::restart(Stream& stream, Micros at) {
  const auto place = stream.place();
  stream_ended(place.connection, place.sid, at, "seq starts over");
  open_stream(place.connection, {.channel = place.channel, .sid = place.sid}, at);
  return *find(place.connection, place.sid);
}

void Router::stream_ended(std::int32_t connection, std::int64_t sid, Micros at,
                          std::string_view reason) {
  const auto* stream = find(connection, sid);
  if (stream == nullptr) return;
  auto& streams = streams_.at(connection);
  const auto at_it =
      std::ranges::find_if(streams, [&](const auto& s) { return s.get() == stream; });
  close_stream(**at_it, at, reason);
  streams.erase(at_it);
}

// Market data of a sid whose `subscribed` was lost are recorded all the same; the connection will
// miss that answer and start over.
Stream* Router::adopt(std::int32_t connection, std::int64_t sid, const Message& message,
                      Micros at) {
  const auto channel = channel_of(message);
  if (!channel) return nullptr;
  open_stream(connection, {.channel = *channel, .sid = sid}, at);
  return find(connection, sid);
}

void Router::open_stream(std::int32_t connection, const Subscribed& subscribed, Micros at) {
  if (find(connection, subscribed.sid) != nullptr) return;
  auto& stream = streams_[connection].emplace_back(
      std::make_unique<Stream>(StreamPlace{.stream_id = options_.next_stream_id(),
                                           .connection = connection,
                                           .sid = subscribed.sid,
                                           .channel = subscribed.channel},
                               Stream::Listener{options_.tickers, options_.heard}));
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
  if (stream.silenced()) return;
  stream.finish(batch(Table::kOrderbookSnapshots));
  note(stream, at, "close", reason);
  if (const auto proof = proof_of(stream)) ended_.push_back(*proof);
}

void Router::joined(std::int32_t connection, std::int64_t sid, Micros at,
                    std::span<const std::string_view> tickers) {
  if (const auto* stream = find(connection, sid)) note(*stream, at, "join", {}, tickers);
}

void Router::left(std::int32_t connection, std::int64_t sid, Micros at,
                  std::span<const std::string_view> tickers) {
  auto* stream = find(connection, sid);
  if (stream == nullptr) return;
  note(*stream, at, "leave", {}, tickers);
  for (const auto ticker : tickers) stream->left(ticker);
}

// The same row once more, with its end: what came in between is no base of these markets.
void Router::gone(std::int32_t connection, std::int64_t sid, Micros at,
                  std::span<const std::string_view> tickers) {
  const auto* stream = find(connection, sid);
  if (stream == nullptr || tickers.empty()) return;
  write(*stream, at,
        {.event = "leave",
         .from = stream->left_from(tickers.front()),
         .to = stream->last_sending(),
         .count = std::nullopt,
         .reason = {},
         .tickers = tickers});
}

void Router::healed(std::int32_t connection, std::int64_t sid, Micros at,
                    std::span<const std::string_view> tickers) {
  if (const auto* stream = find(connection, sid)) note_heal(*stream, at, tickers);
}

void Router::unanswered(std::int32_t connection, std::int64_t sid, Micros at,
                        std::span<const std::string_view> tickers) {
  if (const auto* stream = find(connection, sid)) {
    note(*stream, at, "unanswered", "no snapshot came, however often it was asked for", tickers);
  }
}

std::vector<Interner::Id> Router::without_base(std::int32_t connection, std::int64_t sid,
                                               std::span<const Interner::Id> markets) {
  std::vector<Interner::Id> out;
  const auto* stream = find(connection, sid);
  if (stream == nullptr) return out;
  for (const auto market : markets) {
    if (!stream->has_base(options_.tickers->name(market))) out.push_back(market);
  }
  return out;
}

std::optional<StreamProof> Router::proof_of(const Stream& stream) {
  if (stream.place().channel == Channel::kTicker) return std::nullopt;  // no seq: proves nothing
  const auto until = stream.proven_until();
  if (!until) return std::nullopt;
  return StreamProof{.stream_id = stream.place().stream_id, .proven_until = *until};
}

std::vector<StreamProof> Router::take_proofs() {
  auto out = std::exchange(ended_, {});
  for (const auto& [connection, streams] : streams_) {
    for (const auto& stream : streams) {
      if (const auto proof = proof_of(*stream)) out.push_back(*proof);
    }
  }
  return out;
}

void Router::quarantine(Counter& counter, std::string_view reason, std::string_view text,
                        Micros received) {
  counter.add();
  append_quarantine(batch(Table::kQuarantine), received, reason, text);
}

void Router::note(const Stream& stream, Micros at, std::string_view event, std::string_view reason,
                  std::span<const std::string_view> tickers) {
  write(stream, at,
        {.event = event,
         .from = stream.proven_until(),
         .to = std::nullopt,
         .count = std::nullopt,
         .reason = reason,
         .tickers = tickers});
}

// From what was proven before it to the sending time of the frame behind the hole.
void Router::note_gap(const Stream& stream, Micros at, const Gap& gap) {
  write(stream, at,
        {.event = "gap",
         .from = stream.proven_until(),
         .to = gap.until,
         .count = gap.count,
         .reason = gap.reason,
         .tickers = gap.tickers});
}

void Router::note_heal(const Stream& stream, Micros at, std::span<const std::string_view> tickers) {
  write(stream, at,
        {.event = "heal",
         .from = std::nullopt,
         .to = stream.last_sending(),
         .count = std::ssize(tickers),
         .reason = {},
         .tickers = tickers});
}

void Router::write(const Stream& stream, Micros at, const Entry& entry) {
  metrics_.ledger_row(entry.event).add();
  const auto& place = stream.place();
  append_ledger(batch(Table::kLedger), {.at = at,
                                        .stream_id = place.stream_id,
                                        .connection = place.connection,
                                        .sid = place.sid,
                                        .channel = place.channel,
                                        .event = entry.event,
                                        .from = entry.from,
                                        .to = entry.to,
                                        .count = entry.count,
                                        .reason = entry.reason,
                                        .tickers = entry.tickers});
}

void Router::hand_over(Table table) {
  auto& rows = batch(table);
  metrics_.routed[index_of(table)]->add(static_cast<double>(rows.rows()));
  hand_over_(table, rows);
}

void Router::hand_over_if_full(Table table) {
  constexpr std::size_t kFullBytes = 256 << 10;  // a batch is the unit in which memory is counted
  const auto& rows = batch(table);
  if (rows.rows() >= options_.batch_rows[index_of(table)] || rows.bytes.size() >= kFullBytes) {
    hand_over(table);
  }
}

void Router::flush() {
  for (const auto table : kAllTables) {
    if (!batch(table).empty()) hand_over(table);
  }
}

}  // namespace kd
