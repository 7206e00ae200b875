#include "sim/subscriptions.h"

#include <algorithm>

namespace kd::sim {

namespace {

void remove(std::vector<Subscriber>& from, const Subscription& who) {
  std::erase_if(from, [&](const Subscriber& s) { return s.subscription == &who; });
}

}  // namespace

std::optional<Channel> channel_named(std::string_view name) {
  static constexpr std::pair<std::string_view, Channel> kChannels[] = {
      {"orderbook_delta", Channel::kBook},
      {"trade", Channel::kTrade},
      {"ticker", Channel::kTicker},
      {"market_lifecycle_v2", Channel::kLifecycle},
      {"multivariate_market_lifecycle", Channel::kComboLifecycle},
      {"fill", Channel::kQuiet},
      {"market_positions", Channel::kQuiet},
      {"user_orders", Channel::kQuiet},
      {"order_group_updates", Channel::kQuiet},
      {"communications", Channel::kQuiet},
      {"cfbenchmarks_value", Channel::kQuiet},
      {"cfbenchmarks_value_5hz", Channel::kQuiet},
      {"pyth_value", Channel::kQuiet},
  };
  const auto* at = std::find_if(std::begin(kChannels), std::end(kChannels),
                                [&](const auto& channel) { return channel.first == name; });
  if (at == std::end(kChannels)) return std::nullopt;
  return at->second;
}

void SubscriptionIndex::join(Channel channel, Subscriber who) {
  by_channel_[static_cast<std::size_t>(channel)].push_back(who);
}

void SubscriptionIndex::leave(Channel channel, const Subscription& who) {
  remove(by_channel_[static_cast<std::size_t>(channel)], who);
}

void SubscriptionIndex::join_book(MarketIndex market, Subscriber who) {
  if (market >= by_market_.size()) by_market_.resize(market + std::size_t{1});
  by_market_[market].push_back(who);
}

void SubscriptionIndex::leave_book(MarketIndex market, const Subscription& who) {
  if (market < by_market_.size()) remove(by_market_[market], who);
}

const std::vector<Subscriber>& SubscriptionIndex::of_book(MarketIndex market) const {
  static const std::vector<Subscriber> kNobody;
  return market < by_market_.size() ? by_market_[market] : kNobody;
}

}  // namespace kd::sim
