#pragma once

#include <cstdint>
#include <vector>

#include "base/expected.h"
#include "sim/recording.h"
#include "sim/replay_plan.h"
#include "sim/world.h"

namespace kd::sim {

enum class MilestoneKind : std::uint8_t { kCreated, kDetermined, kSettled };

// A step in the life of a market that no recorded frame tells.
struct Milestone {
  std::int64_t at_ms;  // on the simulator's clock
  MarketIndex market;
  MilestoneKind kind;
  std::size_t window;
};

// Fills `world` with the series, events and markets of a recording, as its metadata tell them
// after settlement, with the times of the plan. What has no metadata is made up from the ticker:
// KXGOLD15M-26AUG050000-00 is a market of event KXGOLD15M-26AUG050000 of series KXGOLD15M.
// Returns the milestones in the order of time. The error names the metadata file.
//
// Two corrections keep every recorded frame watchable: a market whose frames begin at its
// window's start counts as open from before that start, and its end comes after its last frame.
Expected<std::vector<Milestone>> build_replay_world(const Recording& recording,
                                                    const ReplayPlan& plan, World& world);

}  // namespace kd::sim
