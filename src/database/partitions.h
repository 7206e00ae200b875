#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/expected.h"
#include "database/connection.h"

namespace kd {

// Sees to it that the partitions a session is about to write exist. They are made by
// kd_ensure_partitions(), a function of kalshi_owner: the daemon owns nothing.
// Remembers the newest it has seen, so that a call for a recent range costs a set look-up; asks
// again for older ones, which maintenance may have dropped meanwhile.
// Call outside of the data's transaction, so that no lock outlives the call.
// Confined to the thread of its connection.
class Partitions {
 public:
  // Reads from the database how wide the partitions of each table are.
  static Expected<Partitions> load(Connection& connection);

  // Partitions of `table` for all keys in [from, to], both µs (position or exchange time).
  Expected<void> ensure(Connection& connection, const std::string& table, std::int64_t from,
                        std::int64_t to);

  // µs; 0 for a table without partitions.
  std::int64_t width_us(const std::string& table) const;

 private:
  std::map<std::string, std::int64_t> widths_us_;
  std::map<std::string, std::set<std::int64_t>> present_;  // table -> key / width
};

}  // namespace kd
