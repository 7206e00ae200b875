#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace kd {

// One partition of a table, native or a chunk: keys in [from_key, to_key), µs.
struct PartitionState {
  std::string name;  // as FROM takes it
  std::int64_t from_key = 0;
  std::int64_t to_key = 0;
  std::int64_t rows_estimate = 0;
  std::int64_t bytes = 0;  // with indexes
  bool compressed = false;
  bool finished = false;  // compressed, and no row came later
};

// One partitioned table as a round of maintenance finds it. A value.
struct TableState {
  std::int64_t width_us = 0;
  std::vector<PartitionState> partitions;   // in order of from_key
  std::optional<std::int64_t> newest_key;   // of its rows; absent: it is empty
  std::optional<std::int64_t> safe_before;  // what ends here or before may go; absent: nothing may
  bool tells_age = false;  // its keys are positions or the exchange's time, not our own stamps
};
using StorageState = std::map<std::string, TableState>;  // by table

struct MaintenanceRules {
  // How long rows are kept, by table; `keep_others` for tables that are not named. Absent: for
  // ever.
  std::map<std::string, std::chrono::milliseconds> keep;
  std::optional<std::chrono::milliseconds> keep_others;
  std::chrono::milliseconds compress_after{0};
  bool native = true;  // the engine: partitions are ours to make, and nothing is compressed

  std::optional<std::chrono::milliseconds> keep_of(const std::string& table) const;
};

// What to do now. Drops come first: what goes need not be compressed.
struct MaintenancePlan {
  struct Make {
    std::string table;
    std::int64_t key;  // in the partition that is wanted

    friend bool operator==(const Make&, const Make&) = default;
  };
  struct Drop {
    std::string table;
    std::int64_t before;  // partitions that end here or before

    friend bool operator==(const Drop&, const Drop&) = default;
  };
  struct Compress {
    std::string table;
    std::int64_t from_key;  // of the partition

    friend bool operator==(const Compress&, const Compress&) = default;
  };
  std::vector<Make> make;
  std::vector<Drop> drop;
  std::vector<Compress> compress;
};

// The time by which ages are measured: our clock, but never later than the newest row of those
// tables that tell it. A clock that runs ahead, with the stamps it leaves in other tables, or a
// recorder that stood still for a month, ages nothing. Nothing when there is no such row at all.
std::optional<std::int64_t> storage_age_reference(const StorageState& state, Micros now);

// Pure. The database checks again what may be dropped: this is only when it is worth asking.
MaintenancePlan plan_maintenance(const MaintenanceRules& rules, const StorageState& state,
                                 Micros now);

// What a person wants to know of a table. A value.
struct StorageFigures {
  std::int64_t partitions = 0;
  std::int64_t compressed = 0;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> oldest_key;  // where the oldest partition begins
  std::int64_t held = 0;  // partitions past their age that are not acknowledged or exported
};
StorageFigures storage_figures(const MaintenanceRules& rules, const std::string& table,
                               const StorageState& state, Micros now);

}  // namespace kd
