#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coverage/evidence.h"
#include "coverage/line_rule.h"

namespace kd {

// What metadata knows of a market's life; absent where it knows nothing.
struct MarketTimes {
  std::optional<std::int64_t> opened;  // the later of its creation and its opening
  std::optional<std::int64_t> closed;  // planned end of trading
  std::optional<std::int64_t> settled;
};

// What is asked about every market.
struct CoverageQuestion {
  Interval asked;                    // `to`: the horizon, or before it
  std::int64_t recording_start = 0;  // of the whole platform
};

// A stretch of one line's absence.
struct LineLoss {
  Interval when;
  std::int64_t since = kEver;  // when the line's proof ended; kEver: it never had one
  std::uint32_t gatherer = 0;
  std::int32_t connection = -1;  // of the socket that was lost; -1: none
  Cause cause = Cause::kNotSubscribed;
  std::string reason;
};

// A stretch watched by the same lines: bit n for gatherer n.
struct Segment {
  Interval when;
  std::uint32_t lines = 0;

  int count() const;
  friend bool operator==(const Segment&, const Segment&) = default;
};

// A stretch that no line covers.
struct Hole {
  Interval when;
  std::vector<LineLoss> lines;  // of every gatherer; the line that was lost last comes first
};

// How one market was watched. A value.
struct MarketCoverage {
  Interval window;                // the time that counts for it; empty: none of what was asked
  std::vector<Segment> timeline;  // all of `window`, ascending
  std::vector<LineLoss> losses;
  std::vector<Hole> holes;
};

// Which part of the asked time counts for a market: from its opening, where that lies behind the
// recording's start, else from its first base of any line (or `known_since`, where it is known
// from earlier); until it settled, or was let go for good, or the end of what is asked. Pure.
Interval window_of(const EvidenceSet& evidence, const MarketEvidence& market,
                   const MarketTimes& times, const CoverageQuestion& question,
                   std::optional<std::int64_t> known_since = std::nullopt);

// The book of one market. At most 32 gatherers.
MarketCoverage market_coverage(const EvidenceSet& evidence, const MarketEvidence& market,
                               const Interval& window);

// A channel as a whole ("trade", "market_lifecycle_v2" …), from its first stream on, or from
// `known_since`.
MarketCoverage channel_coverage(const EvidenceSet& evidence, const std::string& channel,
                                Interval asked,
                                std::optional<std::int64_t> known_since = std::nullopt);

}  // namespace kd
