#include "model/messages.h"

#include <array>
#include <utility>

namespace kd {
namespace {

constexpr std::array<std::pair<Channel, std::string_view>, 5> kNames{{
    {Channel::kOrderbook, "orderbook_delta"},
    {Channel::kTrade, "trade"},
    {Channel::kTicker, "ticker"},
    {Channel::kLifecycle, "market_lifecycle_v2"},
    {Channel::kComboLifecycle, "multivariate_market_lifecycle"},
}};

}  // namespace

std::string_view wire_name(Channel channel) {
  for (const auto& [value, name] : kNames) {
    if (value == channel) return name;
  }
  return "other";
}

Channel channel_from_wire(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return Channel::kOther;
}

}  // namespace kd
