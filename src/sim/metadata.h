#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "sim/feed_event.h"

namespace kd::sim {

// Milliseconds; kNoTime where the metadata have none.
struct MarketMetadata {
  std::string ticker;
  std::int64_t created_ms = kNoTime, open_ms = kNoTime, close_ms = kNoTime, settled_ms = kNoTime;
  std::int64_t settlement_timer_ms = 0;
  std::string result, expiration_value;
  std::int32_t settlement_value = 0;
  std::string fixed_members;  // every REST member that does not change with time, as JSON
};

struct EventMetadata {
  std::string ticker, series_ticker, title, sub_title, category;
  std::string cadence;  // as a series' `frequency`: fifteen_min, daily, …
  std::string fixed_members;
  std::vector<MarketMetadata> markets;
};

// metadata/<event ticker>.json: {"response": {"event": {…}, "markets": [{…}, …]}, …}, fetched
// from REST after settlement.
class MetadataFile {
 public:
  // The error names the file.
  static Expected<MetadataFile> load(const std::string& path);

  std::vector<std::string> market_tickers() const;

  // With every time moved: the event's by `event_shift_ms`, a market's by `shift_of(ticker)`.
  EventMetadata read(std::int64_t event_shift_ms,
                     const std::function<std::int64_t(std::string_view)>& shift_of) const;

  struct Impl;

 private:
  explicit MetadataFile(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace kd::sim
