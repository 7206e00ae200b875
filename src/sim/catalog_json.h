#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/world.h"

namespace kd::sim {

// REST objects as of `now_ms` on the simulator's clock, appended as JSON.
void append_market(std::string& out, const World& world, const Market& market, std::int64_t now_ms);
// Which of an event's markets are nested in it; empty: none, and no list of them.
using MarketChoice = std::function<bool(const Market&)>;
void append_event(std::string& out, const World& world, const Event& event, std::int64_t now_ms,
                  const MarketChoice& nested);
void append_series(std::string& out, const World& world, const Series& series, std::int64_t now_ms,
                   bool with_volume);
void append_trade(std::string& out, const World& world, const TradeRecord& trade);
// {"yes_dollars":[…],"no_dollars":[…]}; both keys are always there.
void append_orderbook(std::string& out, const Market& market, std::size_t depth);

}  // namespace kd::sim
