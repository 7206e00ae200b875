#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "coverage/market_coverage.h"
#include "database/connection.h"

namespace kd {

// Up to when a statement about coverage can be made, exchange time.
struct CoverageHorizon {
  std::int64_t until = 0;
  bool kept = false;  // by a running deduplicator; false: it is the newest proof, less a margin
};

// The horizon that the deduplicator keeps, where it moved within a minute: what no line proves
// before it is a hole. Otherwise the newest proof of any line in production less 15 s: a
// deduplicator that does not run makes no holes. Nothing while there is no proof at all.
Expected<std::optional<CoverageHorizon>> coverage_horizon(Connection& production);

struct CoverageStatement {
  std::vector<std::string> gatherers;  // by the numbers in `market`
  CoverageHorizon horizon;
  MarketCoverage market;
};

// How the book of one market was watched at times in `asked`, from the evidence in production. An
// empty window: never recorded, or all of what is asked lies beyond the horizon.
Expected<CoverageStatement> coverage_of(Connection& production, const std::string& ticker,
                                        Interval asked);

// What is proven of all of `asked`, beyond the horizon, before the market's opening and behind its
// end too: what some line proves is proven, however young; what none proves (yet) is a hole of this
// answer, and may be none of a later one. The window is what was asked.
Expected<CoverageStatement> proof_of(Connection& production, const std::string& ticker,
                                     Interval asked);

}  // namespace kd
