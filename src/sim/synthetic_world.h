#pragma once

#include <cstdint>
#include <vector>

#include "sim/random.h"
#include "sim/synthetic_options.h"
#include "sim/world.h"

namespace kd::sim {

// Makes up series, events and markets with their opening books. Confined to one thread.
class SyntheticWorld {
 public:
  SyntheticWorld(World& world, const SyntheticOptions& options, std::int64_t now_ms);

  // The markets open from the start, most of them five to an event, one in fifty a combo.
  std::vector<MarketIndex> make_first_markets();
  // One more, with an event of its own, opening at `open_ms`.
  MarketIndex make_market(std::int64_t now_ms, std::int64_t open_ms);

  // A combo that somebody asked for; it vanishes once determined.
  MarketIndex make_combo(std::int64_t now_ms, std::int64_t open_ms, std::int64_t close_ms);

  // The price around which a market's orders gather, 1e-5 dollar.
  std::int32_t& fair(MarketIndex market) { return fair_[market]; }
  Random& random() { return random_; }

 private:
  EventIndex make_event(bool combo, std::int64_t now_ms);
  MarketIndex make_market_of(EventIndex event, std::int64_t created_ms, std::int64_t open_ms);
  GridKind choose_grid(bool combo);

  World& world_;
  const SyntheticOptions options_;
  const std::int64_t start_ms_;
  const std::size_t series_;
  const int depth_;  // of an opening book
  Random random_;
  std::uint64_t next_event_ = 0;
  std::vector<std::int32_t> fair_;
};

}  // namespace kd::sim
