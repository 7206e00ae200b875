#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kd::sim {

// One part of the exchange (`exchange_index`): 0 default, 1 combos, 2 and 3 others.
struct ShardState {
  bool exchange_active = true;
  bool trading_active = true;
};

struct MaintenanceWindow {
  std::int64_t start_ms, end_ms;
};

// What /exchange/status and /exchange/schedule say, and where history begins. Times are
// milliseconds on the simulator's clock. A value: whoever controls the exchange sets it.
struct ExchangeState {
  static constexpr std::size_t kShards = 4;
  static constexpr std::int64_t kTwoMonthsMs = 60LL * 24 * 3600 * 1000;

  std::array<ShardState, kShards> shards;
  int status_code = 200;  // of /exchange/status, whose body is the same with 500, 503 and 504
  std::optional<std::int64_t> resume_ms;  // exchange_estimated_resume_time
  std::vector<MaintenanceWindow> maintenance;
  // Markets settled and trades made longer ago are in the historical tier only.
  std::int64_t historical_age_ms = kTwoMonthsMs;
};

}  // namespace kd::sim
