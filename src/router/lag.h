#pragma once

#include <algorithm>

#include "base/time.h"

namespace kd {

// How long the exchange takes from what happens (`exchange_ts`) to queueing it for the network
// (`sending_ts`), on one stream: the largest of the last 10 to 20 s of sending time. What was sent
// up to S tells everything that happened up to S less this. Pure; a value.
class Lag {
 public:
  static constexpr std::chrono::seconds kWindow{10};
  // Until a message has shown one, and never less than kLeast: recordings have 3 to 9 ms.
  static constexpr std::chrono::milliseconds kAssumed{100};
  static constexpr std::chrono::milliseconds kLeast{10};

  void note(Micros sending, Micros exchange) {
    if (sending - began_ > kWindow) {
      previous_ = current_;
      current_ = {};
      began_ = sending;
    }
    current_ = std::max(current_, sending - exchange);
  }

  Micros::duration largest() const {
    const auto seen = std::max(current_, previous_);
    if (seen == Micros::duration::zero()) return kAssumed;
    return std::max<Micros::duration>(seen, kLeast);
  }

 private:
  Micros began_{};
  Micros::duration current_{};
  Micros::duration previous_{};
};

}  // namespace kd
