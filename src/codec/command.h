#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/messages.h"

namespace kd {

// The texts of the commands we send (protocol notes, section 3.2). `id` is echoed in the answer;
// 0 would mean "none". Tickers are printable ASCII without quotes or backslashes.

// Books are always asked for with `use_yes_price: false`: prices are then in the side's own leg,
// whatever the exchange's default will be. Acks come without the list of all markets held.
std::string subscribe_books(std::int64_t id, std::span<const std::string_view> tickers);

// A channel without a market list: everything it has.
std::string subscribe_all(std::int64_t id, Channel channel);

enum class UpdateAction { kAddMarkets, kDeleteMarkets, kGetSnapshot };
std::string update_subscription(std::int64_t id, std::int64_t sid, UpdateAction action,
                                std::span<const std::string_view> tickers);

std::string unsubscribe(std::int64_t id, std::span<const std::int64_t> sids);
std::string list_subscriptions(std::int64_t id);

}  // namespace kd
