#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kd::sim {

// Rewrites of frames, as faults order them. They take and return the end of a frame, from behind
// its seq on: ,"sending_ts_ms":5,"msg":{"market_ticker":"A",…}}

// msg gets a member that no schema has.
std::string with_unknown_key(std::string_view tail);
// `how` is a manner of the fault `malformed`: json: cut off in the middle; ticker: msg lacks
// market_ticker; price, side: what no price and no side can be. A frame without price or side
// loses its ticker instead.
std::string malformed(std::string_view tail, std::string_view how);
// A text `ts` of milliseconds gets three more digits, made of the text itself, so that everybody
// who is sent them is sent the same.
std::string with_micros(std::string_view tail);
// A text `ts` loses what is below the millisecond.
std::string cut_to_millis(std::string_view tail);

// A message of a type that nobody knows; counted in seq like any other.
std::string unknown_message(int sid, std::uint64_t seq, std::int64_t sending_ms);

}  // namespace kd::sim
