#include "model/market.h"

namespace kd {
namespace {

constexpr std::array<std::string_view, kMarketStatuses> kStatusNames{
    "unknown",    "initialized", "inactive", "active",   "closed",
    "determined", "disputed",    "amended",  "finalized"};

}  // namespace

MarketStatus status_from_text(std::string_view text) {
  for (std::size_t i = 1; i < kStatusNames.size(); ++i) {
    if (kStatusNames[i] == text) return static_cast<MarketStatus>(i);
  }
  return MarketStatus::kUnknown;
}

std::string_view name_of(MarketStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::optional<MarketPhase> phase_of(MarketStatus status) {
  switch (status) {
    case MarketStatus::kUnknown:
      return std::nullopt;
    case MarketStatus::kInitialized:
      return MarketPhase::kUnopened;
    case MarketStatus::kInactive:
    case MarketStatus::kActive:
      return MarketPhase::kOpen;
    case MarketStatus::kFinalized:
      return MarketPhase::kSettled;
    default:
      return MarketPhase::kClosed;
  }
}

std::string_view name_of(MarketPhase phase) {
  constexpr std::array<std::string_view, 4> kNames{"unopened", "open", "closed", "settled"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::optional<MarketPhase> phase_from_status(std::string_view status) {
  return phase_of(status_from_text(status));
}

}  // namespace kd
