#include "dedup/sync_mode.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::int64_t kFewestRows = 100;

}  // namespace

std::string_view to_text(SyncMode mode) {
  switch (mode) {
    case SyncMode::kRealtime:
      return "realtime";
    case SyncMode::kCatchUp:
      return "catch-up";
    case SyncMode::kBackfill:
      break;
  }
  return "backfill";
}

SyncMode sync_mode(double lag_seconds, bool starts_over, const SyncModeLimits& limits) {
  if (starts_over || lag_seconds > limits.backfill_seconds) return SyncMode::kBackfill;
  return lag_seconds < limits.catch_up_seconds ? SyncMode::kRealtime : SyncMode::kCatchUp;
}

std::int64_t page_rows(SyncMode mode, std::int64_t batch_rows, std::int64_t row_bytes,
                       const SyncModeLimits& limits) {
  const auto most = mode == SyncMode::kRealtime ? batch_rows : batch_rows * limits.batch_factor;
  const auto bytes = mode == SyncMode::kBackfill ? limits.backfill_page_bytes : limits.page_bytes;
  return std::min(most, std::max(kFewestRows, bytes / row_bytes));
}

}  // namespace kd
