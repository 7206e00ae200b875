#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "coverage/arrivals.h"
#include "coverage/evidence_reader.h"
#include "coverage/hole_store.h"
#include "coverage/watch.h"
#include "database/connection.h"

namespace kd {

// Keeps coverage_holes what the evidence in production says: all markets are looked at once, at
// its first round; from then on those that the watch names. Whatever stands in production is the
// only thing it relies on: dropped and made anew, it goes on where the holes stand. Confined to
// the thread of its connection.
class CoverageUpkeep {
 public:
  explicit CoverageUpkeep(Connection& production) : production_(production) {}

  struct Figures {
    std::int64_t horizon = 0;
    std::int64_t markets = 0;       // watched
    std::int64_t growing = 0;       // markets (and channels) without any line now
    std::int64_t looked_at = 0;     // in full, in this round
    std::int64_t made = 0;          // holes
    std::int64_t healed = 0;        // holes
    std::int64_t uncovered_us = 0;  // more of it than at the last round; negative: healed
    std::int64_t passed_us = 0;     // how far the horizon moved
  };
  // One transaction: what is true of exchange times up to `horizon`, which never goes back. `now`:
  // our clock. Nothing while nothing is recorded. After an error everything of it is undone, and
  // the next round looks at all markets again.
  Expected<std::optional<Figures>> round(std::int64_t horizon, std::int64_t now);

  std::size_t bytes() const { return watch_ ? watch_->bytes() : 0; }

 private:
  struct Unknown {  // a market that metadata did not know yet
    std::int64_t first_seen;
    std::int64_t due;  // our clock
  };

  Expected<std::optional<Figures>> run(std::int64_t horizon, std::int64_t now);
  Expected<Figures> survey(std::int64_t from, Figures figures, std::int64_t before,
                           std::int64_t now);
  Expected<Figures> step(Figures figures, std::int64_t before, std::int64_t now);
  Expected<void> look_at(std::vector<CoverageWatch::Suspect> suspects, std::int64_t before,
                         std::int64_t now, Figures& figures);
  Expected<void> channels(const EvidenceSet& evidence, std::int64_t from, std::int64_t horizon,
                          HoleStore& store);
  Expected<void> judge(const EvidenceSet& evidence, const std::string& ticker,
                       const MarketEvidence& market, const MarketTimes& times, std::int64_t from,
                       std::span<const StoredHole> stored, std::int64_t before, HoleStore& store,
                       Figures& figures);
  Expected<void> settled_meanwhile(std::int64_t now, std::vector<CoverageWatch::Suspect>& suspects);
  Expected<void> known_meanwhile(std::int64_t now, std::vector<CoverageWatch::Suspect>& suspects);

  Connection& production_;
  std::unique_ptr<CoverageWatch> watch_;
  std::unique_ptr<Arrivals> arrivals_;
  std::int64_t recording_start_ = 0;
  std::int64_t read_xid_ = 0;
  std::int64_t growing_ = 0;
  std::int64_t settled_due_ = 0;
  std::int64_t unknown_due_ = 0;
  std::map<std::string, Unknown, std::less<>> unknown_;
};

}  // namespace kd
