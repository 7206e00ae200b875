#include "router/stream.h"

#include <algorithm>
#include <limits>

namespace kd {
namespace {

constexpr auto kMostOccurrences = std::numeric_limits<std::int16_t>::max();

tl::unexpected<Error> too_many_equal_rows() {
  return fail(Remedy::kDropItem, "more than 32766 equal rows in one millisecond");
}

tl::unexpected<Error> ahead_of_time() {
  return fail(Remedy::kDropItem, "exchange time is more than an hour ahead of every clock");
}

// Stored, but an equal row of the same time may have been forgotten.
Expected<void> certain(const RowNumber& number) {
  if (number.certain) return {};
  return fail(Remedy::kDropItem, "exchange time steps back by more than 10 s");
}

}  // namespace

std::uint32_t Stream::market_of(std::string_view ticker) {
  const auto market = tickers_.find_or_add(ticker);
  if (market >= markets_.size()) markets_.resize(std::size_t{market} + 1);
  return market;
}

Expected<void> Stream::on_delta(const OrderbookDelta& delta, const Origin& origin, RowBatch& deltas,
                                RowBatch& snapshots) {
  if (far_ahead(delta.time.at, origin.received)) return ahead_of_time();
  const auto market = market_of(delta.ticker);
  auto& state = markets_[market];
  const auto number = state.numbering.number(delta.time.at, delta_content(delta), state.joined);
  if (number.occurrence == kMostOccurrences) return too_many_equal_rows();
  append_delta(deltas, delta, number, origin);
  anchors_.on_delta(market, delta, snapshots);
  state.book.change(delta.side, delta.price, delta.change);
  tell(state, delta.ticker, origin.received);
  if (origin.sending) lag_.note(*origin.sending, delta.time.at);
  return certain(number);
}

void Stream::tell(MarketState& state, std::string_view ticker, Micros received) {
  if (listener_.heard == nullptr) return;
  if (state.number == Interner::kNone) state.number = listener_.tickers->find(ticker);
  if (state.number != Interner::kNone) listener_.heard->note(state.number, received);
}

BookCheck Stream::on_snapshot(const OrderbookSnapshot& snapshot, const Origin& origin) {
  const auto market = market_of(snapshot.ticker);
  auto& state = markets_[market];
  const auto at = origin.sending.value_or(origin.received);
  const auto book = BookSum::of(snapshot);
  const auto check = !state.known         ? BookCheck::kFirst
                     : state.stale        ? BookCheck::kHealed
                     : state.book == book ? BookCheck::kEqual
                                          : BookCheck::kDiffers;
  if (!state.known) state.joined = at;
  state.equal_snapshots = state.known && state.last_at == at
                              ? static_cast<std::int16_t>(state.equal_snapshots + 1)
                              : std::int16_t{0};
  state.known = true;
  state.stale = false;
  state.book = book;
  state.last_at = at;
  anchors_.add(market, snapshot, at, state.equal_snapshots, origin);
  return check;
}

void Stream::lost(std::string_view ticker) {
  if (const auto market = tickers_.find(ticker); market != StringIndex::kNone) {
    markets_[market].stale = true;
    anchors_.spoil(market);
  }
}

void Stream::lost_any() {
  for (auto& state : markets_) state.stale = true;
  anchors_.spoil_all();
}

bool Stream::has_base(std::string_view ticker) const {
  const auto market = tickers_.find(ticker);
  return market != StringIndex::kNone && markets_[market].known && !markets_[market].stale;
}

void Stream::left(std::string_view ticker) {
  const auto market = tickers_.find(ticker);
  if (market == StringIndex::kNone) return;
  anchors_.spoil(market);
  markets_[market].known = false;
  markets_[market].left_from = proven_until().value_or(Micros());
}

std::optional<Micros> Stream::left_from(std::string_view ticker) const {
  const auto market = tickers_.find(ticker);
  if (market == StringIndex::kNone) return std::nullopt;
  return markets_[market].left_from;
}

void Stream::silence() {
  silenced_ = true;
  anchors_.discard();
}

std::optional<Micros> Stream::proven_until() const {
  if (last_sending_ == Micros() || silenced_) return std::nullopt;
  return floor_to_ms(last_sending_ - lag_.largest());
}

Expected<bool> Stream::on_ticker(const TickerUpdate& ticker, const Origin& origin,
                                 PairFilter& twins, RowBatch& tickers) {
  if (far_ahead(ticker.time.at, origin.received)) return ahead_of_time();
  const auto market = market_of(ticker.ticker);
  auto& state = markets_[market];
  const auto hash = ticker_content_hash(ticker);
  if (state.known && state.last_at == ticker.time.at && state.last_hash == hash) return false;
  state.known = true;
  state.last_at = ticker.time.at;
  state.last_hash = hash;
  const auto number =
      state.numbering.number(ticker.time.at, static_cast<std::uint64_t>(hash), state.joined);
  if (number.occurrence == kMostOccurrences) return too_many_equal_rows();
  if (!twins.first(ticker, hash, number.occurrence, origin.received)) return false;
  append_ticker(tickers, ticker, hash, number, origin);
  if (auto sure = certain(number); !sure) return tl::unexpected(sure.error());
  return true;
}

bool Stream::far_ahead(Micros at, Micros received) const {
  return at > std::max(received, last_sending_) + kFarAhead;
}

void Stream::on_tick(Micros now, RowBatch& snapshots) {
  anchors_.expire_unheard(now, last_sending_ - lag_.largest(), snapshots);
}

bool Stream::note_sending(Micros sending, Micros received) {
  if (last_sending_ != Micros() && far_ahead(sending, received)) return false;
  last_sending_ = std::max(last_sending_, sending);
  return true;
}

void Stream::finish(RowBatch& snapshots) {
  anchors_.finish(last_sending_ - lag_.largest(), snapshots);
}

}  // namespace kd
