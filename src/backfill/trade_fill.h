#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "backfill/trade_pages.h"
#include "backfill/trade_store.h"

namespace kd {

// What reading the exchange's trades came to.
struct FillCounts {
  std::int64_t pages = 0;
  std::int64_t read = 0;     // trades, each once per window
  std::int64_t added = 0;    // that were not stored
  std::int64_t refused = 0;  // now in quarantine

  std::int64_t known() const { return read - added; }
  FillCounts& operator+=(const FillCounts& other);
};

// Compares what production holds with what the exchange lists, window by window, and adds what is
// missing. A window counts as done when its last page is stored and the cutoff between the tiers
// has not moved into it meanwhile; until then it is read again from its beginning, which changes
// nothing. Confined to one thread.
class TradeFill {
 public:
  struct Options {
    FillJob job;
    std::chrono::sys_seconds started{};  // where the job began; its progress is from there
    std::string ticker;                  // empty: all
    UniverseRules wanted{};
    // Called after each page with the window's counts so far.
    std::function<void(const FillCounts&)> on_page{};
    // Called at each step, by name; a test may end the process there.
    std::function<void(std::string_view)> at_step{};
  };

  TradeFill(Options options, TradePages& pages, TradeStore& store)
      : options_(std::move(options)), pages_(pages), store_(store) {}

  Expected<FillCounts> fill(const TradeWindow& window, const std::stop_token& stop);

 private:
  Expected<void> read(const TierRange& range, TradeRows& rows, FillCounts& counts,
                      const std::stop_token& stop);
  Expected<void> store_page(TradeRows& rows, FillCounts& counts);
  Expected<void> read_moved(const TradeWindow& window, Micros cutoff, TradeRows& rows,
                            FillCounts& counts, const std::stop_token& stop);
  void step(std::string_view name) const {
    if (options_.at_step) options_.at_step(name);
  }

  const Options options_;
  TradePages& pages_;
  TradeStore& store_;
};

}  // namespace kd
