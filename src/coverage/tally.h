#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "coverage/market_coverage.h"

namespace kd {

// How all markets together were watched. A value.
class CoverageTally {
 public:
  struct LossKey {
    std::uint32_t gatherer = 0;
    std::int32_t connection = -1;
    Cause cause = Cause::kGap;
    friend auto operator<=>(const LossKey&, const LossKey&) = default;
  };
  struct Lost {
    std::int64_t market_us = 0;  // of this line
    std::int64_t hole_us = 0;    // thereof watched by no other line either
    std::int64_t stretches = 0;
  };

  explicit CoverageTally(std::size_t gatherers) : at_least_(gatherers) {}

  void add(const MarketCoverage& market);

  std::int64_t markets() const { return markets_; }
  std::int64_t market_us() const { return market_us_; }
  // By `lines` or more; 1 when there was nothing to watch.
  double share(std::size_t lines) const;
  std::int64_t covered_us(std::size_t lines) const { return at_least_.at(lines - 1); }
  std::size_t lines() const { return at_least_.size(); }
  std::int64_t holes() const { return holes_; }
  std::int64_t hole_us() const { return hole_us_; }
  std::int64_t markets_with_holes() const { return markets_with_holes_; }
  const std::map<LossKey, Lost>& losses() const { return losses_; }

 private:
  std::int64_t markets_ = 0;
  std::int64_t market_us_ = 0;
  std::int64_t holes_ = 0;
  std::int64_t hole_us_ = 0;
  std::int64_t markets_with_holes_ = 0;
  std::vector<std::int64_t> at_least_;  // [n]: by n + 1 lines or more, µs
  std::map<LossKey, Lost> losses_;
};

}  // namespace kd
