#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// What exchange-sim says about itself at /sim/status. A value.
struct SimStatus {
  std::string state;                            // waiting | playing | finished
  std::map<std::string, std::int64_t> emitted;  // deltas, trades, snapshots, tickers, lifecycle
  int ready_clients = 0;
  std::int64_t buffered_bytes = 0;  // handed to sockets and not yet taken by the system

  std::int64_t emitted_of(const std::string& kind) const;
  std::int64_t emitted_total() const;
};

Expected<SimStatus> parse_sim_status(std::string_view json);

}  // namespace kd
