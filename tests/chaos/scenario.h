#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/local_platform.h"

namespace kd {

// Something that goes wrong while the whole platform runs, and what has to be true afterwards.
struct Scenario {
  std::string name;
  std::string what;                 // one sentence for the table
  std::vector<std::string> faults;  // of the simulator, from the start of play
  // Called every 100 ms with the share of the run that is over, 0 to 1; does things once.
  std::function<void(LocalPlatform&, double share)> act;
  std::function<void(UpOptions&)> tune;  // before it starts; may be empty
  // With one gatherer, what was withheld from it is in no other: its rows are missing, explained.
  bool may_miss_rows = false;
};

// In the order of the table in docs/kalshi-data/recovery.
const std::vector<Scenario>& scenarios();

}  // namespace kd
