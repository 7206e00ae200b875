#pragma once

#include "audit/coverage.h"
#include "base/expected.h"
#include "database/connection.h"

namespace kd {

// The evidence in a gatherer's database.
Expected<EvidenceCoverage> load_evidence(Connection& connection);

}  // namespace kd
