#pragma once

#include <cstdint>
#include <string_view>

namespace kd {

// What a connection carries. Global channels have connections of their own, so that a book
// stream that is cut for being slow cannot take them along.
enum class Role : std::uint8_t { kTicker, kTrade, kLifecycle, kOrderbook };

constexpr std::string_view name_of(Role role) {
  switch (role) {
    case Role::kTicker:
      return "ticker";
    case Role::kTrade:
      return "trade";
    case Role::kLifecycle:
      return "lifecycle";
    case Role::kOrderbook:
      break;
  }
  return "orderbook";
}

}  // namespace kd
