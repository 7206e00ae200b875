#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace kd::sim {

struct SyntheticOptions {
  std::size_t markets = 200;  // open at any time
  std::size_t series = 0;     // 0: one for every fifty markets
  double rate = 1000;         // messages a second, over all channels
  std::uint64_t seed = 1;     // the same seed makes the same world
  // Markets that something happens to within a minute, most of which close and are replaced: as a
  // share, or as a number; neither: 2 %, and no more than 600.
  std::optional<double> churn_share{};
  std::optional<double> churn_markets{};
  std::optional<double> combos_per_minute{};  // on demand; absent: 6, or none without churn

  double churn_per_minute() const {
    const auto all = static_cast<double>(markets);
    if (churn_markets) return *churn_markets;
    return churn_share ? *churn_share * all : std::min(0.02 * all, 600.0);
  }
  double combos() const { return combos_per_minute.value_or(churn_per_minute() > 0 ? 6.0 : 0.0); }
};

}  // namespace kd::sim
