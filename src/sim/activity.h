#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "sim/random.h"

namespace kd::sim {

// How the traffic spreads over the markets: slot k gets a share proportional to 1 / (k + 1)^skew
// (Zipf), as few markets have most of it. Immutable.
class Activity {
 public:
  Activity(std::size_t slots, double skew) {
    double sum = 0;
    sums_.reserve(slots);
    for (std::size_t k = 0; k < slots; ++k) {
      sum += std::pow(static_cast<double>(k + 1), -skew);
      sums_.push_back(sum);
    }
  }

  std::size_t pick(Random& random) const {
    const double at = random.uniform() * sums_.back();
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
    return std::min(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
  }
  std::size_t slots() const { return sums_.size(); }

 private:
  std::vector<double> sums_;
};

}  // namespace kd::sim
