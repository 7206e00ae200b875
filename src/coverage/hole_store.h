#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/expected.h"
#include "coverage/hole_changes.h"
#include "database/connection.h"

namespace kd {

using StoredHoles = std::map<std::string, std::vector<StoredHole>, std::less<>>;  // by ticker

// Those of `channel` that are not healed and end at `since` or later, ascending by their
// beginning; with `only`, of these tickers.
Expected<StoredHoles> load_holes(Connection& production, const std::string& channel,
                                 std::int64_t since,
                                 std::optional<std::span<const std::string>> only = std::nullopt);

// Up to when holes are known, and on what they rest.
struct CoverageState {
  std::int64_t horizon = 0;
  std::int64_t read_xid = 0;
  std::int64_t markets = 0;
};
Expected<std::optional<CoverageState>> load_coverage_state(Connection& production);
Expected<void> store_coverage_state(Connection& production, const CoverageState& state,
                                    std::int64_t now);

// Collects changes of many markets and brings them to production in few statements, inside the
// caller's transaction. Confined to one thread.
class HoleStore {
 public:
  HoleStore(Connection& production, const EvidenceSet& evidence, std::int64_t now)
      : production_(production), evidence_(evidence), now_(now) {}

  Expected<void> add(const std::string& ticker, const std::string& channel, HoleChanges changes);
  // Call at the end.
  Expected<void> flush();

  std::int64_t made() const { return made_; }
  std::int64_t healed() const { return healed_; }

 private:
  struct New {
    std::string ticker;
    std::string channel;
    Hole hole;
  };
  Expected<void> heal();
  Expected<void> move();
  Expected<void> insert();
  std::string hole_json(const Hole& hole) const;
  std::string lines_json(const Hole& hole) const;
  const std::string& name(std::uint32_t gatherer) const;

  Connection& production_;
  const EvidenceSet& evidence_;
  const std::int64_t now_;
  std::vector<std::int64_t> heal_;
  std::vector<HoleChanges::Moved> move_;
  std::vector<New> new_;
  std::int64_t made_ = 0;
  std::int64_t healed_ = 0;
};

}  // namespace kd
