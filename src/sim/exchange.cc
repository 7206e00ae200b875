#include "sim/exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/json_text.h"

namespace kd::sim {

namespace {

constexpr std::size_t kNoClients = 0;

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
  tail.assign(",\"sending_ts_ms\":");
  append_int(tail, sending_ms);
  tail += ",\"msg\":";
}

}  // namespace

void Exchange::publish(const FeedEvent& event) {
  if (recorder_) recorder_->record(event, world);
  apply(event);
  const ClientMask to = distribute(event);
  end_overflown();
  count(event, to);
  if (!truth_) return;
  truth_->sent(event, event.market == kNoMarket ? "" : world.market(event.market).ticker, to);
}

void Exchange::apply(const FeedEvent& event) {
  if (event.kind == FeedKind::kTrade) return apply_trade(event);
  if (event.kind == FeedKind::kLifecycle) return apply_lifecycle(event);
  Market& market = world.market(event.market);
  if (event.kind == FeedKind::kTicker) {
    market.ticker_state = event.ticker;
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
  begin_tail(tail_, event.sending_ms);
  tail_ += event.msg;
  tail_.push_back('}');
  yes_tail_.clear();
}

// The same frame for those who asked for no-side prices as yes prices.
void Exchange::build_yes_tail(const FeedEvent& event) {
  begin_tail(yes_tail_, event.sending_ms);
  if (event.kind == FeedKind::kSnapshot) {
    const Market& market = world.market(event.market);
    append_snapshot_msg(yes_tail_, market, market.book, true);
  } else if (event.yes) {
    yes_tail_ += event.msg;
  } else {
    const std::size_t digits_end = event.msg.find('"', event.price_at);
    yes_tail_.append(event.msg, 0, event.price_at);
    append_price(yes_tail_, kDollar - event.price);
    yes_tail_.append(event.msg, digits_end);
  }
  yes_tail_.push_back('}');
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
  for (const Subscriber& who : index_.of_book(event.market)) {
    if (who.subscription->use_yes_price && yes_tail_.empty()) build_yes_tail(event);
    to |= hand_out(who, type, who.subscription->use_yes_price ? yes_tail_ : tail_);
  }
  return to;
}

ClientMask Exchange::distribute_channel(const FeedEvent& event, Channel channel,
                                        std::string_view type) {
  ClientMask to = kNoClients;
  for (const Subscriber& who : index_.of(channel)) {
    if (who.subscription->wants(event.market)) to |= hand_out(who, type, tail_);
  }
  return to;
}

ClientMask Exchange::hand_out(const Subscriber& to, std::string_view type, std::string_view tail) {
  if (to.session->deliver(*to.subscription, type, tail)) return bit_of(to.session->client());
  overflown_.push_back(to);
  return kNoClients;
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
  auto session = std::make_unique<Session>(world, index_, limits_, port, client);
  sessions_.insert(session.get());
  clients.at(client).seen = true;
  ++clients.at(client).connected;
  return session;
}

void Exchange::close_session(std::unique_ptr<Session> session) {
  sessions_.erase(session.get());
  --clients.at(session->client()).connected;
}

void Exchange::snapshot_answered(MarketIndex market, std::int64_t sending_ms, int client) {
  if (truth_) truth_->answered(world.market(market).ticker, sending_ms, client);
}

bool Exchange::ready(int client, std::int64_t now_ms) const {
  bool trades = false;
  std::vector<const Subscription*> books;
  for (const Session* session : sessions_) {
    if (session->client() != client) continue;
    trades |= session->holds(Channel::kTrade);
    if (const auto* held = session->held(Channel::kBook)) books.push_back(held);
  }
  if (!trades) return false;
  for (MarketIndex at = 0; at < world.market_count(); ++at) {
    if (status_at(world.market(at), now_ms) != MarketStatus::kActive) continue;
    const bool watched = std::any_of(books.begin(), books.end(), [&](const Subscription* book) {
      return book->markets.contains(at);
    });
    if (!watched) return false;
  }
  return true;
}

bool Exchange::may_start(std::int64_t now_ms) const {
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
  if (truth_) result = truth_->finish();
  if (recorder_) {
    if (auto recorded = recorder_->finish(world, now_ms); !recorded) result = recorded;
  }
  truth_.reset();
  recorder_.reset();
  return result;
}

}  // namespace kd::sim
