#pragma once

#include <cstddef>
#include <cstdint>

namespace kd::sim {

struct SyntheticOptions {
  std::size_t markets = 200;       // open at any time
  std::size_t series = 0;          // 0: one for every fifty markets
  double rate = 1000;              // messages a second, over all channels
  std::uint64_t seed = 1;          // the same seed makes the same world
  double churn_per_minute = 0.02;  // share of the markets that close, and are replaced
};

}  // namespace kd::sim
