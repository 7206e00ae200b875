#include "model/market.h"

#include <array>
#include <string_view>
#include <utility>

namespace kd {

std::optional<MarketPhase> phase_from_status(std::string_view status) {
  static constexpr std::array<std::pair<std::string_view, MarketPhase>, 8> kPhases{{
      {"initialized", MarketPhase::kUnopened},
      {"active", MarketPhase::kOpen},
      {"inactive", MarketPhase::kOpen},
      {"closed", MarketPhase::kClosed},
      {"determined", MarketPhase::kClosed},
      {"disputed", MarketPhase::kClosed},
      {"amended", MarketPhase::kClosed},
      {"finalized", MarketPhase::kSettled},
  }};
  for (const auto& [name, phase] : kPhases) {
    if (name == status) return phase;
  }
  return std::nullopt;
}

}  // namespace kd
