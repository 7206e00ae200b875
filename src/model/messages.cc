#include "model/messages.h"

#include <algorithm>
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

bool is_known_event(std::string_view event_type) {
  constexpr std::array<std::string_view, 10> kKnown{
      "created",         "activated",        "deactivated",
      "determined",      "settled",          "close_date_updated",
      "event_lifecycle", "event_fee_update", "price_level_structure_updated",
      "metadata_updated"};
  return std::ranges::find(kKnown, event_type) != kKnown.end();
}

}  // namespace kd
