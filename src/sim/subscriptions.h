#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sim/world.h"

namespace kd::sim {

enum class Channel : std::uint8_t {
  kBook,
  kTrade,
  kTicker,
  kLifecycle,
  kComboLifecycle,
  kQuiet,  // a channel that exists and on which the simulator has nothing to say
};

std::optional<Channel> channel_named(std::string_view name);

// One subscription: a channel of one connection.
struct Subscription {
  int sid = 0;
  Channel channel = Channel::kQuiet;
  std::string name;  // the channel's, as on the wire
  std::uint64_t seq = 0;
  bool all_markets = false;
  bool use_yes_price = false;
  bool flipped = false;  // by a fault: it shows the other leg than asked for
  bool skip_ticker_ack = false;
  bool ended = false;  // by an error that ends it; its sid stays known and silent
  std::unordered_set<MarketIndex> markets;

  bool wants(MarketIndex market) const { return all_markets || markets.contains(market); }
};

class Session;

struct Subscriber {
  Session* session;
  Subscription* subscription;
};

// Who gets what. Holds no ownership: sessions take themselves out before they end.
class SubscriptionIndex {
 public:
  void join(Channel channel, Subscriber who);
  void leave(Channel channel, const Subscription& who);
  void join_book(MarketIndex market, Subscriber who);
  void leave_book(MarketIndex market, const Subscription& who);

  const std::vector<Subscriber>& of(Channel channel) const {
    return by_channel_[static_cast<std::size_t>(channel)];
  }
  const std::vector<Subscriber>& of_book(MarketIndex market) const;

 private:
  std::array<std::vector<Subscriber>, 6> by_channel_;
  std::vector<std::vector<Subscriber>> by_market_;
};

}  // namespace kd::sim
