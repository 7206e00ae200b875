#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "config/options.h"
#include "database/maintenance.h"

namespace kd {

// How long rows are kept, by table; `others` for tables that are not named. Absent: for ever.
struct KeptTables {
  std::map<std::string, std::chrono::milliseconds> keep;
  std::optional<std::chrono::milliseconds> others;
};
// A gatherer keeps its ledger, proofs and the like as long as the longest of its tables.
KeptTables kept_by(const GathererConfig& config);
// Production keeps what its configuration does not name.
KeptTables kept_by(const DeduplicatorConfig& config);

// The storage maintenance that a configuration asks for.
Maintenance::Options maintenance_of(const GathererConfig& config);
Maintenance::Options maintenance_of(const DeduplicatorConfig& config, std::function<bool()> leads);

}  // namespace kd
