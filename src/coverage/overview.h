#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "coverage/ask.h"
#include "coverage/tally.h"

namespace kd {

struct NamedHole {
  std::string ticker;  // empty: the whole channel
  std::string channel;
  Hole hole;
};

// How everything was watched. A value.
struct CoverageOverview {
  struct ChannelCoverage {
    std::string channel;
    CoverageTally tally;  // the channel counts as one market
  };
  std::vector<std::string> gatherers;
  CoverageHorizon horizon;
  Interval asked;  // cut to what the recording and the horizon reach
  CoverageTally books{0};
  std::vector<ChannelCoverage> channels;  // those without books that are proven
  std::int64_t ticker_streams = 0;        // open at the end: watched, proven by nothing
  std::vector<NamedHole> holes;           // the longest, by their beginning
};

struct OverviewRequest {
  Interval asked;
  std::size_t most_holes = 20;                     // 0: all
  std::function<void(std::int64_t)> on_markets{};  // how many were looked at; now and then
};

// From the evidence in production, all markets one after the other: memory grows with streams and
// holes asked for, not with markets. Nothing while nothing is recorded or proven.
Expected<std::optional<CoverageOverview>> coverage_overview(Connection& production,
                                                            const OverviewRequest& request);

}  // namespace kd
