#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace kd {

// The four states we store beside the exchange's own word (design, section 4).
enum class MarketPhase : std::uint8_t { kUnopened, kOpen, kClosed, kSettled };

// The exchange's eight statuses; nullopt for a word that is none of them.
std::optional<MarketPhase> phase_from_status(std::string_view status);

// A market as REST lists it: the fields that capture needs.
struct Market {
  std::string ticker;
  std::string status;                // the exchange's own word, an open set
  std::optional<Micros> close_time;  // planned; absent: not sent, or not readable
};

}  // namespace kd
