#pragma once

#include <cstdint>
#include <span>

#include "model/messages.h"

namespace kd {

// In which leg a stream prices the no side of its books. We ask for the no leg and store it; a
// stream that sends the yes leg instead would mix two books under one name.
enum class LegVerdict : std::uint8_t {
  kOwnLeg,     // as asked
  kFlipped,    // the no side is priced in the yes leg
  kUndecided,  // this book cannot tell; look at another one
};

// By itself: bids of an honest book do not cross, yes + no < 1 dollar. Flipped, the no side holds
// asks, the farthest of which is near a dollar. Never kOwnLeg.
LegVerdict legs_of(const OrderbookSnapshot& book);

// Beside the same market's book over REST, which always has the no leg: which of the two readings
// of the no side shares more prices with it. Some may have changed in between.
LegVerdict compare_legs(std::span<const Level> streamed_no, std::span<const Level> rest_no);

}  // namespace kd
