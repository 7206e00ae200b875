#pragma once

#include <cstdint>
#include <string_view>

namespace kd {

// How far a table, or the worst table of a gatherer, is behind.
enum class SyncMode : std::uint8_t {
  kRealtime,  // small pages that wait a little for company
  kCatchUp,   // large pages
  kBackfill,  // large pages of old rows, one of them per round while others are live
};

std::string_view to_text(SyncMode mode);

struct SyncModeLimits {
  double catch_up_seconds = 10;
  double backfill_seconds = 3600;
  std::int64_t batch_factor = 10;              // pages beyond realtime hold so many times more rows
  std::int64_t page_bytes = 16 << 20;          // whatever the rows
  std::int64_t backfill_page_bytes = 4 << 20;  // as many as staging takes in half a second
};

// `starts_over`: the table is being read again from its oldest row.
SyncMode sync_mode(double lag_seconds, bool starts_over, const SyncModeLimits& limits);

// How many rows the next page may hold; `row_bytes` is an estimate above 0.
std::int64_t page_rows(SyncMode mode, std::int64_t batch_rows, std::int64_t row_bytes,
                       const SyncModeLimits& limits);

}  // namespace kd
