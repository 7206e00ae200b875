#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "codec/table.h"

namespace kd {

// What the spill thread knows of one table.
struct SpillCandidate {
  Table table{};
  std::int64_t waiting_bytes = 0;
  std::chrono::milliseconds oldest{};       // how long the first batch has waited
  std::chrono::milliseconds spill_after{};  // no batch shall wait longer
};

// Whose oldest batches go to disk next; nullopt: nobody's. Above half of the memory, the table
// that has the most; else one whose batches have waited too long, so that a killed process has
// not much to lose. Pure.
std::optional<Table> next_to_spill(std::span<const SpillCandidate> tables, std::int64_t used_bytes,
                                   std::int64_t limit_bytes);

}  // namespace kd
