#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coverage/market_coverage.h"

namespace kd {

// A hole as production has it.
struct StoredHole {
  std::int64_t id = 0;
  std::string ticker;
  std::string channel;
  std::int64_t from = 0;
  std::int64_t to = kNever;  // kNever: it grows
  std::string blame;         // as blame_of() says it
};

// Which line was lost last, and why: "close g3 17 ping timeout".
std::string blame_of(const Hole& hole, const EvidenceSet& evidence);

// What has to be done so that the holes of one market in production are those that the evidence
// shows now.
struct HoleChanges {
  struct Moved {
    std::int64_t id = 0;
    Hole hole;  // to kNever: it grows
  };
  std::vector<std::int64_t> healed;
  std::vector<Moved> moved;
  std::vector<Hole> made;
  std::int64_t growing = 0;       // holes that grow now, less those that grew before
  std::int64_t uncovered_us = 0;  // all of them now, less what they were at the horizon before
};

// `stored`: all of the market that reach into what was looked at; `found`: the holes there now,
// those that reach `horizon` grow. `before`: the horizon that `stored` was written for. Pure.
HoleChanges changes_of(std::span<const StoredHole> stored, std::vector<Hole> found,
                       const EvidenceSet& evidence, std::int64_t before, std::int64_t horizon);

}  // namespace kd
