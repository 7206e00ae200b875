#include "sim/exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/json_text.h"

namespace kd::sim {

namespace {

constexpr ClientMask kNoClients = 0;
constexpr std::size_t kMarketsPerLook = 50'000;

std::string_view type_of(const FeedEvent& event) {
  switch (event.kind) {
    case FeedKind::kDelta:
      return "orderbook_delta";
    case FeedKind::kTrade:
      return "trade";
    case FeedKind::kSnapshot:
      return "orderbook_snapshot";
    case FeedKind::kTicker:
      return "ticker";
    case FeedKind::kLifecycle:
      break;
  }
  return event.wire_type;
}

void begin_tail(std::string& tail, std::int64_t sending_ms) {
  tail += ",\"sending_ts_ms\":";
  append_int(tail, sending_ms);
  tail += ",\"msg\":";
}

}  // namespace

void Exchange::publish(const FeedEvent& event) {
  if (recorder_) recorder_->record(event, world);
  apply(event);
  current_ = truth_ ? deliveries_.open(event, real_ms_) : 0;
  const ClientMask to = distribute(event);
  end_overflown();
  count(event, to);
  if (truth_) tell_truth(event, to);
}

void Exchange::tell_truth(const FeedEvent& event, ClientMask to) {
  const std::string_view ticker =
      event.market == kNoMarket ? std::string_view() : world.market(event.market).ticker;
  truth_->sent(event, ticker, to);
  const bool of_market = event.kind != FeedKind::kLifecycle;
  for (const Loss& loss :
       deliveries_.close(of_market ? ticker : event.subject, truth_->last_detail(event))) {
    truth_->withheld(loss);
  }
}

void Exchange::apply(const FeedEvent& event) {
  if (event.kind == FeedKind::kTrade) return apply_trade(event);
  if (event.kind == FeedKind::kLifecycle) return apply_lifecycle(event);
  Market& market = world.market(event.market);
  if (event.kind == FeedKind::kTicker) {
    world.quote(event.market, event.ticker,
                event.ts_ms == kNoTime ? event.sending_ms : event.ts_ms);
    return;
  }
  market.last_sending = std::max(market.last_sending, event.sending_ms);
  if (event.kind == FeedKind::kDelta) {
    market.book.apply(event.yes, event.price, event.size);
  } else {
    market.book.assign(true, event.yes_levels);
    market.book.assign(false, event.no_levels);
  }
}

void Exchange::apply_trade(const FeedEvent& event) {
  Market& market = world.market(event.market);
  market.last_price = event.price;
  market.last_trade_size = event.size;
  market.volume += event.size;
  market.open_interest += event.size / 2;
  market.dollar_volume += event.size * event.price / kDollar / 100;
  const std::int64_t ts_ms = event.ts_ms == kNoTime ? event.sending_ms : event.ts_ms;
  const std::int64_t ts_us = event.ts_us == kNoTime ? ts_ms * 1000 : event.ts_us;
  world.add_trade(
      {0, event.market, ts_us, event.price, event.size, event.yes, event.block, event.trade_id});
}

void Exchange::apply_lifecycle(const FeedEvent& event) {
  if (event.market == kNoMarket) return;
  Market& market = world.market(event.market);
  if (event.lifecycle_type == "deactivated") market.paused = true;
  if (event.lifecycle_type == "activated") market.paused = false;
}

void Exchange::build_tail(const FeedEvent& event) {
  std::string& tail = tail_.rewrite();
  begin_tail(tail, event.sending_ms);
  tail += event.msg;
  tail.push_back('}');
  yes_tail_.rewrite();
}

// The same frame for those who asked for no-side prices as yes prices.
void Exchange::build_yes_tail(const FeedEvent& event) {
  std::string& tail = yes_tail_.rewrite();
  begin_tail(tail, event.sending_ms);
  if (event.kind == FeedKind::kSnapshot) {
    const Market& market = world.market(event.market);
    append_snapshot_msg(tail, market, market.book, true);
  } else if (event.yes) {
    tail += event.msg;
  } else {
    const std::size_t digits_end = event.msg.find('"', event.price_at);
    tail.append(event.msg, 0, event.price_at);
    append_price(tail, kDollar - event.price);
    tail.append(event.msg, digits_end);
  }
  tail.push_back('}');
}

ClientMask Exchange::distribute(const FeedEvent& event) {
  build_tail(event);
  switch (event.kind) {
    case FeedKind::kDelta:
    case FeedKind::kSnapshot:
      return distribute_book(event, type_of(event));
    case FeedKind::kTrade:
      return distribute_channel(event, Channel::kTrade, type_of(event));
    case FeedKind::kTicker:
      return distribute_channel(event, Channel::kTicker, type_of(event));
    case FeedKind::kLifecycle:
      break;
  }
  const bool combo = is_combo_ticker(event.subject);
  return distribute_channel(event, combo ? Channel::kComboLifecycle : Channel::kLifecycle,
                            type_of(event));
}

ClientMask Exchange::distribute_book(const FeedEvent& event, std::string_view type) {
  ClientMask to = kNoClients;
  const bool by_leg = event.kind == FeedKind::kDelta ? !event.yes : !event.no_levels.empty();
  for (const Subscriber& who : index_.of_book(event.market)) {
    const bool yes_price = Session::shows_yes_price(*who.subscription);
    if (yes_price && yes_tail_.empty()) build_yes_tail(event);
    to |= hand_out(who, {.type = type,
                         .tail = yes_price ? yes_tail_ : tail_,
                         .market = event.market,
                         .id = current_,
                         .differs_by_leg = by_leg,
                         .reply_id = 0,
                         .sending_ms = kNoTime});
  }
  return to;
}

ClientMask Exchange::distribute_channel(const FeedEvent& event, Channel channel,
                                        std::string_view type) {
  ClientMask to = kNoClients;
  const OutFrame frame{.type = type,
                       .tail = tail_,
                       .market = event.market,
                       .id = current_,
                       .differs_by_leg = false,
                       .reply_id = 0,
                       .sending_ms = kNoTime};
  for (const Subscriber& who : index_.of(channel)) {
    if (who.subscription->wants(event.market)) to |= hand_out(who, frame);
  }
  return to;
}

ClientMask Exchange::hand_out(const Subscriber& to, const OutFrame& frame) {
  const Delivery delivery = to.session->deliver(*to.subscription, frame);
  const int client = to.session->client();
  if (truth_) deliveries_.note(client, delivery);
  if (delivery.fate == Fate::kOverflow) overflown_.push_back(to);
  const bool sent = delivery.fate == Fate::kHandedOver || delivery.fate == Fate::kUncertain;
  return sent ? bit_of(client) : kNoClients;
}

void Exchange::end_overflown() {
  for (const Subscriber& who : overflown_) who.session->overflow(*who.subscription);
  overflown_.clear();
}

void Exchange::count(const FeedEvent& event, ClientMask to) {
  std::uint64_t* const counters[] = {&emitted_.deltas, &emitted_.trades, &emitted_.snapshots,
                                     &emitted_.tickers, &emitted_.lifecycle};
  ++*counters[static_cast<std::size_t>(event.kind)];
  if (to != kNoClients) ++emitted_.watched;
}

int Exchange::admit(std::string_view client_id) {
  const std::size_t before = clients.all().size();
  const int number = clients.number_of(client_id);
  if (clients.all().size() > before && truth_) truth_->client(number, client_id);
  return number;
}

std::unique_ptr<Session> Exchange::open_session(SessionPort& port, int client) {
  Client& owner = clients.at(client);
  owner.seen = true;
  ++owner.connected;
  ++owner.opened;
  auto session = std::make_unique<Session>(SessionWorld{world, index_, limits_, faults}, port,
                                           SessionOwner{client, owner.id, owner.opened});
  sessions_.insert(session.get());
  return session;
}

void Exchange::close_session(std::unique_ptr<Session> session) {
  tell_losses(*session);
  sessions_.erase(session.get());
  --clients.at(session->client()).connected;
}

void Exchange::tell_losses(Session& session) {
  if (!truth_) return;
  for (const auto& fallen : session.fall(real_ms_, deliveries_)) {
    Loss loss;
    const bool told =
        deliveries_.lose(fallen.id, session.client(), fallen.certain, session.ended_by(), loss);
    if (told) truth_->withheld(loss);
  }
}

void Exchange::tick(std::int64_t real_ms) {
  real_ms_ = real_ms;
  Deliveries::Id oldest = deliveries_.next();
  for (Session* session : sessions_) {
    session->send_delayed(real_ms);
    oldest = std::min(oldest, session->settle(real_ms, deliveries_, oldest));
  }
  deliveries_.forget_before(oldest);
}

void Exchange::snapshot_answered(MarketIndex market, std::int64_t sending_ms, int client) {
  if (truth_) truth_->answered(world.market(market).ticker, sending_ms, client);
}

bool Exchange::ready(int client, std::int64_t now_ms) {
  const auto at = static_cast<std::size_t>(client);
  if (at >= readiness_.size()) readiness_.resize(at + 1);
  const bool trades = std::any_of(sessions_.begin(), sessions_.end(), [&](const Session* session) {
    return session->client() == client && session->holds(Channel::kTrade);
  });
  return trades && readiness_[at].look(world.market_count(), kMarketsPerLook, [&](std::size_t m) {
    return unwatched(static_cast<MarketIndex>(m), client, now_ms);
  });
}

bool Exchange::unwatched(MarketIndex market, int client, std::int64_t now_ms) const {
  const Market& of = world.market(market);
  if (of.vanished || status_at(of, now_ms) != MarketStatus::kActive) return false;
  const auto& watchers = index_.of_book(market);
  return std::none_of(watchers.begin(), watchers.end(),
                      [client](const Subscriber& who) { return who.session->client() == client; });
}

bool Exchange::halted() const {
  const auto& shards = world.state.shards;
  return std::none_of(shards.begin(), shards.end(),
                      [](const ShardState& shard) { return shard.trading_active; });
}

bool Exchange::may_start(std::int64_t now_ms) {
  int ready_clients = 0;
  int gone = 0;
  for (std::size_t i = 0; i < clients.all().size(); ++i) {
    const Client& client = clients.all()[i];
    if (client.connected == 0 && client.seen) ++gone;
    if (client.connected > 0 && ready(static_cast<int>(i), now_ms)) ++ready_clients;
  }
  return start.met(ready_clients, gone);
}

Expected<void> Exchange::finish(std::int64_t now_ms) {
  Expected<void> result;
  // What lives is only lost where it is unsent: a client reads what its system has got.
  real_ms_ = INT64_MAX;
  for (Session* session : sessions_) tell_losses(*session);
  if (truth_) result = truth_->finish();
  if (recorder_) {
    if (auto recorded = recorder_->finish(world, now_ms); !recorded) result = recorded;
  }
  truth_.reset();
  recorder_.reset();
  return result;
}

}  // namespace kd::sim
