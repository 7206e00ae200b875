#include "coverage/tally.h"

#include <algorithm>

namespace kd {

void CoverageTally::add(const MarketCoverage& market) {
  if (market.window.empty()) return;
  ++markets_;
  market_us_ += market.window.length();
  for (const auto& segment : market.timeline) {
    const auto lines = std::min(static_cast<std::size_t>(segment.count()), at_least_.size());
    for (std::size_t n = 0; n < lines; ++n) at_least_[n] += segment.when.length();
  }
  for (const auto& loss : market.losses) {
    auto& lost = losses_[{loss.gatherer, loss.connection, loss.cause}];
    lost.market_us += loss.when.length();
    ++lost.stretches;
  }
  for (const auto& hole : market.holes) {
    ++holes_;
    hole_us_ += hole.when.length();
    for (const auto& loss : hole.lines) {
      losses_[{loss.gatherer, loss.connection, loss.cause}].hole_us += loss.when.length();
    }
  }
  markets_with_holes_ += market.holes.empty() ? 0 : 1;
}

double CoverageTally::share(std::size_t lines) const {
  if (market_us_ == 0) return 1;
  return static_cast<double>(covered_us(lines)) / static_cast<double>(market_us_);
}

}  // namespace kd
