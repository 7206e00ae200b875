#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kd {

// The four states we store beside the exchange's own word (design, section 4).
enum class MarketPhase : std::uint8_t { kUnopened, kOpen, kClosed, kSettled };

// The exchange's words (protocol notes, section 2.4), and one for a word that is none of them.
enum class MarketStatus : std::uint8_t {
  kUnknown,
  kInitialized,
  kInactive,
  kActive,
  kClosed,
  kDetermined,
  kDisputed,
  kAmended,
  kFinalized,
};
inline constexpr std::size_t kMarketStatuses = 9;

MarketStatus status_from_text(std::string_view text);
std::string_view name_of(MarketStatus status);  // "unknown", "initialized", …
// nullopt for kUnknown.
std::optional<MarketPhase> phase_of(MarketStatus status);
std::string_view name_of(MarketPhase phase);  // "unopened", "open", "closed", "settled"

// The exchange's eight statuses; nullopt for a word that is none of them.
std::optional<MarketPhase> phase_from_status(std::string_view status);

// A market as REST lists it: the fields that capture needs.
struct Market {
  std::string ticker;
  std::string status;                 // the exchange's own word, an open set
  std::optional<Micros> close_time;   // planned; absent: not sent, or not readable
  std::optional<Micros> open_time{};  // the same
};

}  // namespace kd
