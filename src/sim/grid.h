#pragma once

#include <cstdint>

#include "sim/world.h"

namespace kd::sim {

// The highest valid price that is at most `price` and below one dollar; 0 when there is none
// above zero.
std::int32_t snap_down(GridKind grid, std::int32_t price);

// `steps` valid prices below a valid price; 0 when that is below the lowest.
std::int32_t step_down(GridKind grid, std::int32_t price, int steps);

}  // namespace kd::sim
