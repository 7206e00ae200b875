#include "sim/session.h"

#include <algorithm>
#include <utility>

#include "sim/feed_event.h"
#include "sim/json_text.h"

namespace kd::sim {

bool Session::Window::admit(std::int64_t now_ms, int limit) {
  if (now_ms / 1000 != second) {
    second = now_ms / 1000;
    commands = 0;
  }
  return ++commands <= limit || limit == 0;
}

Session::Session(const SessionWorld& around, SessionPort& port, SessionOwner owner)
    : world_(around.world),
      index_(around.index),
      limits_(around.limits),
      faults_(around.faults),
      port_(port),
      owner_(std::move(owner)) {}

Session::~Session() { leave(); }

void Session::leave() {
  for (auto& [sid, subscription] : subscriptions_) leave_all(*subscription);
  subscriptions_.clear();
}

void Session::on_command(std::string_view text, std::int64_t now_ms) {
  const Command command = parse_command(text);
  real_ms_ = now_ms;
  reply_fate_.clear();
  if (!meets_fault(command)) obey(command, now_ms);
  reply_fate_.clear();
}

void Session::obey(const Command& command, std::int64_t now_ms) {
  if (!session_window_.admit(now_ms, limits_.session_commands_per_second)) {
    return say_error(command, WsError::kTooManyRequests);
  }
  if (command.fault != WsError::kNone) return say_error(command, command.fault);
  run(command, now_ms);
}

void Session::run(const Command& command, std::int64_t now_ms) {
  if (command.cmd == "list_subscriptions") return list(command);
  const bool known = command.cmd == "subscribe" || command.cmd == "unsubscribe" ||
                     command.cmd == "update_subscription";
  if (!known) return say_error(command, WsError::kUnknownCommand);
  if (!command.has_params) return say_error(command, WsError::kParamsMissing);
  if (command.cmd == "subscribe") return subscribe(command, now_ms);
  if (command.cmd == "unsubscribe") return unsubscribe(command);
  update(command, now_ms);
}

void Session::subscribe(const Command& command, std::int64_t now_ms) {
  if (const WsError code = check_subscribe(command); code != WsError::kNone) {
    return say_error(command, code);
  }
  const Wanted markets = wanted(command);
  for (const std::string& channel : command.channels) {
    Subscription* to = held(channel_named(channel).value_or(Channel::kQuiet));
    if (to != nullptr && !windows_[to->sid].admit(now_ms, limits_.commands_per_second)) {
      say_scoped_error(command.id, *to, WsError::kTooManyRequests);
      continue;
    }
    subscribe_one(command, channel, markets);
  }
}

WsError Session::check_subscribe(const Command& command) const {
  if (command.channels.empty()) return WsError::kChannelsMissing;
  if (command.both_ticker_forms) return WsError::kInvalidParameter;
  for (const std::string& name : command.channels) {
    const auto channel = channel_named(name);
    if (!channel) return WsError::kUnknownChannel;
    if (channel == Channel::kBook && command.tickers.empty()) return WsError::kTickerRequired;
    const bool filtered = !command.tickers.empty() || !command.market_ids.empty();
    if (channel == Channel::kLifecycle && filtered) return WsError::kInvalidParameter;
  }
  return WsError::kNone;
}

void Session::subscribe_one(const Command& command, const std::string& channel,
                            const Wanted& wanted) {
  const Channel kind = channel_named(channel).value_or(Channel::kQuiet);
  Subscription* to = kind == Channel::kQuiet ? nullptr : held(kind);
  if (refuses(command, to, wanted)) return;
  if (!fits(to, wanted.markets)) {
    if (to != nullptr) return say_scoped_error(command.id, *to, WsError::kMarketLimit);
    return say_error(command, WsError::kMarketLimit);
  }
  to == nullptr ? open(command, channel, wanted) : merge(command, *to, wanted);
}

void Session::open(const Command& command, const std::string& channel, const Wanted& wanted) {
  const bool filtered = !command.tickers.empty() || !command.market_ids.empty();
  if (filtered && wanted.markets.empty()) return report_unknown(command, nullptr, wanted);
  const int sid = ++last_sid_;
  auto& to = *(subscriptions_[sid] = std::make_unique<Subscription>());
  to.sid = sid;
  to.name = channel;
  to.channel = channel_named(channel).value_or(Channel::kQuiet);
  to.seq = limits_.first_seq - 1;
  to.use_yes_price = command.use_yes_price.value_or(false);
  to.flipped = behaviour_.flip_leg;
  to.skip_ticker_ack = command.skip_ticker_ack;
  const bool takes_markets = to.channel == Channel::kBook || to.channel == Channel::kTrade ||
                             to.channel == Channel::kTicker;
  to.all_markets = !takes_markets || !filtered;
  if (to.channel != Channel::kBook) index_.join(to.channel, {this, &to});
  say_subscribed(command, to);
  if (!takes_markets) return;
  report_unknown(command, nullptr, wanted);
  const auto added = join(to, wanted.markets);
  if (to.channel == Channel::kBook) send_first_snapshots(to, added);
  if (to.channel == Channel::kTicker && command.send_initial_snapshot) {
    for (const MarketIndex market : added) send_ticker(to, market);
  }
}

void Session::merge(const Command& command, Subscription& to, const Wanted& wanted) {
  if (command.skip_ticker_ack) to.skip_ticker_ack = true;
  const bool takes_markets = to.channel == Channel::kBook || !to.all_markets;
  if (takes_markets && command.tickers.empty() && command.market_ids.empty()) {
    to.all_markets = true;
  }
  if (!takes_markets) return say_ok(command, to);
  add_markets(command, to, wanted);
}

void Session::update(const Command& command, std::int64_t now_ms) {
  if (command.both_sid_forms || command.sids.size() != 1) {
    return say_error(command, WsError::kOneSidRequired);
  }
  Subscription* to = find(command.sids.front());
  if (to == nullptr) return say_error(command, WsError::kUnknownSid);
  if (!windows_[to->sid].admit(now_ms, limits_.commands_per_second)) {
    return say_scoped_error(command.id, *to, WsError::kTooManyRequests);
  }
  update_markets(command, *to);
}

void Session::update_markets(const Command& command, Subscription& to) {
  const bool add = command.action == "add_markets";
  const bool remove = command.action == "delete_markets";
  const bool snapshot = command.action == "get_snapshot";
  if (command.action.empty()) return say_scoped_error(command.id, to, WsError::kActionRequired);
  const bool possible =
      (add || remove || snapshot) &&
      (to.channel == Channel::kBook ||
       (!snapshot && (to.channel == Channel::kTrade || to.channel == Channel::kTicker)));
  if (!possible) return say_scoped_error(command.id, to, WsError::kUnsupportedAction);
  if (command.tickers.empty() && command.market_ids.empty()) {
    return say_scoped_error(command.id, to, WsError::kTickerRequired);
  }
  const Wanted markets = wanted(command);
  if (remove) return delete_markets(command, to, markets);
  if (refuses(command, &to, markets)) return;
  if (snapshot) return get_snapshot(command, to, markets);
  if (!fits(&to, markets.markets)) {
    return say_scoped_error(command.id, to, WsError::kMarketLimit);
  }
  add_markets(command, to, markets);
}

void Session::add_markets(const Command& command, Subscription& to, const Wanted& wanted) {
  const auto added = join(to, wanted.markets);
  const bool books = to.channel == Channel::kBook;
  if (books && limits_.snapshots_before_ok) send_first_snapshots(to, added);
  say_ok(command, to);
  report_unknown(command, &to, wanted);
  if (books && !limits_.snapshots_before_ok) send_first_snapshots(to, added);
}

void Session::delete_markets(const Command& command, Subscription& to, const Wanted& wanted) {
  for (const MarketIndex market : wanted.markets) {
    if (to.markets.erase(market) == 0) continue;
    --market_total_;
    if (to.channel == Channel::kBook) index_.leave_book(market, to);
  }
  say_ok(command, to);
}

void Session::get_snapshot(const Command& command, Subscription& to, const Wanted& wanted) {
  std::vector<MarketIndex> held_markets;
  std::vector<std::string> others;
  for (const MarketIndex market : wanted.markets) {
    if (to.markets.contains(market)) {
      held_markets.push_back(market);
    } else {
      others.push_back(world_.market(market).ticker);
    }
  }
  report_unknown(command, &to, wanted);
  if (!others.empty()) say_scoped_error(command.id, to, WsError::kInvalidParameter, others);
  send_snapshots(to, held_markets, command.id);
}

void Session::unsubscribe(const Command& command) {
  if (command.sids.empty()) return say_error(command, WsError::kSidsMissing);
  for (const std::int64_t sid : command.sids) {
    Subscription* from = find(sid);
    if (from == nullptr) {
      say_error(command, WsError::kUnknownSid);
      continue;
    }
    leave_all(*from);
    std::string out;
    JsonObject object(out);
    if (command.id != 0) object.number("id", command.id);
    object.number("sid", sid).number("seq", static_cast<std::int64_t>(next_reply_seq(*from)));
    object.text("type", "unsubscribed").number("sending_ts_ms", port_.now_ms());
    object.close();
    say(out);
    windows_.erase(sid);
    subscriptions_.erase(static_cast<int>(sid));
  }
}

Session::Wanted Session::wanted(const Command& command) const {
  Wanted wanted;
  std::unordered_set<MarketIndex> seen;
  const auto take = [&](std::optional<MarketIndex> market, const std::string& name) {
    const bool usable =
        market && exists_at(world_.market(*market), port_.now_ms()) &&
        status_at(world_.market(*market), port_.now_ms()) != MarketStatus::kFinalized;
    if (!usable) {
      wanted.unknown.push_back(name);
    } else if (seen.insert(*market).second) {
      wanted.markets.push_back(*market);
    }
  };
  for (const std::string& ticker : command.tickers) take(world_.find_market(ticker), ticker);
  for (const std::string& id : command.market_ids) take(world_.find_market_id(id), id);
  return wanted;
}

bool Session::refuses(const Command& command, Subscription* to, const Wanted& wanted) {
  if (wanted.unknown.empty() || limits_.unknown_tickers != UnknownTickers::kRefuse) return false;
  report_unknown(command, to, wanted);
  return true;
}

void Session::report_unknown(const Command& command, Subscription* to, const Wanted& wanted) {
  if (wanted.unknown.empty() || limits_.unknown_tickers == UnknownTickers::kSkip) return;
  if (to != nullptr) {
    return say_scoped_error(command.id, *to, WsError::kMarketsNotFound, wanted.unknown);
  }
  say_error(command, WsError::kMarketsNotFound, wanted.unknown);
}

bool Session::fits(const Subscription* to, const std::vector<MarketIndex>& markets) const {
  std::size_t added = 0;
  for (const MarketIndex market : markets) {
    if (to == nullptr || !to->markets.contains(market)) ++added;
  }
  const std::size_t now_held = to == nullptr ? 0 : to->markets.size();
  const std::size_t limit = limits_.markets_per_subscription;
  return (limit == 0 || now_held + added <= limit) &&
         market_total_ + added <= limits_.markets_per_session;
}

std::vector<MarketIndex> Session::join(Subscription& to, const std::vector<MarketIndex>& markets) {
  std::vector<MarketIndex> added;
  for (const MarketIndex market : markets) {
    if (!to.markets.insert(market).second) continue;
    ++market_total_;
    added.push_back(market);
    if (to.channel == Channel::kBook) index_.join_book(market, {this, &to});
  }
  return added;
}

void Session::leave_all(Subscription& from) {
  if (from.channel == Channel::kBook) {
    for (const MarketIndex market : from.markets) index_.leave_book(market, from);
  } else {
    index_.leave(from.channel, from);
  }
  market_total_ -= from.markets.size();
  from.markets.clear();
}

Subscription* Session::find(std::int64_t sid) {
  const auto at = subscriptions_.find(static_cast<int>(sid));
  return at == subscriptions_.end() ? nullptr : at->second.get();
}

Subscription* Session::held(Channel channel) {
  for (auto& [sid, subscription] : subscriptions_) {
    if (subscription->channel == channel && !subscription->ended) return subscription.get();
  }
  return nullptr;
}

const Subscription* Session::held(Channel channel) const {
  return const_cast<Session*>(this)->held(channel);
}

}  // namespace kd::sim
