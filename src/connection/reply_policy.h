#pragma once

#include <cstdint>

namespace kd {

// What an error answer asks of a connection (protocol notes, section 3.7). Pure.
enum class Reaction : std::uint8_t {
  kResubscribe,  // the subscription is dead although the socket lives
  kOverflow,     // the same, because we read too slowly for what it carries
  kBackOff,      // refused for now: the same command, later
  kFull,         // the subscription takes no more markets
  kRefused,      // this command cannot succeed as it is
};

// 10 channel error, 17 internal error, 25 buffer overflow: terminal; 7: the sid is unknown, so
// there is no such subscription any more. 18 command timeout, 27 too many requests: later.
// 26 market limit. An error that lists markets is about them, whatever its number.
constexpr Reaction reaction_to(std::int64_t code, bool names_markets) {
  if (names_markets) return Reaction::kRefused;
  switch (code) {
    case 7:
    case 10:
    case 17:
      return Reaction::kResubscribe;
    case 25:
      return Reaction::kOverflow;
    case 18:
    case 27:
      return Reaction::kBackOff;
    case 26:
      return Reaction::kFull;
    default:
      return Reaction::kRefused;
  }
}

}  // namespace kd
