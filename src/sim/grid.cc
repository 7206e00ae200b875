#include "sim/grid.h"

#include <algorithm>

#include "sim/numbers.h"

namespace kd::sim {

std::int32_t snap_down(GridKind grid, std::int32_t price) {
  price = std::min(price, kDollar - 1);
  if (price <= 0) return 0;
  for (const PriceRange& range : price_grid(grid).ranges) {
    if (price < range.end) return price - (price - range.start) % range.step;
  }
  return 0;
}

std::int32_t step_down(GridKind grid, std::int32_t price, int steps) {
  for (int i = 0; i < steps && price > 0; ++i) price = snap_down(grid, price - 1);
  return price;
}

}  // namespace kd::sim
