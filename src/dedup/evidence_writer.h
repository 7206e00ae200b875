#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "dedup/frozen_lines.h"
#include "dedup/proof_set.h"

namespace kd {

// Inside the caller's transaction: moves stream_proofs forward, never back. The number of rows.
Expected<std::int64_t> write_proofs(Connection& production, const std::string& shard,
                                    const std::vector<std::string>& gatherers,
                                    const ProofSet& proofs);

// Inside the caller's transaction. `found_at_us`: our clock.
Expected<void> write_findings(Connection& production, const std::vector<std::string>& gatherers,
                              const std::vector<FrozenLines::Finding>& findings,
                              std::int64_t found_at_us);

}  // namespace kd
