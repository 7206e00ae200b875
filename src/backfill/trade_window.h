#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace kd {

// A stretch of exchange time whose trades are asked for and accounted for as a whole: [from, to).
// Whole seconds, since the exchange's filters know nothing finer. A value.
struct TradeWindow {
  std::chrono::sys_seconds from{};
  std::chrono::sys_seconds to{};

  bool holds(Micros at) const { return at >= from && at < to; }
  friend bool operator==(const TradeWindow&, const TradeWindow&) = default;
};

// The exchange keeps old trades in a tier of their own (protocol notes, section 2.8).
enum class TradeTier : std::uint8_t { kLive, kHistorical };

// What one tier is asked for: min_ts and max_ts, both a second wider than the part of the window,
// whether or not the exchange takes them as inclusive. A fixed max_ts keeps the pages in place.
struct TierRange {
  TradeTier tier{};
  std::chrono::sys_seconds min{};
  std::chrono::sys_seconds max{};
  friend bool operator==(const TierRange&, const TierRange&) = default;
};

// Which tiers hold the trades of `window`, when those before `cutoff` are history.
std::vector<TierRange> tier_ranges(const TradeWindow& window, Micros cutoff);

// The cutoff moved while the window was read: what may have left the live tier before its page was
// asked for. Nothing when it did not move into the window.
std::optional<TierRange> moved_range(const TradeWindow& window, Micros before, Micros after);

// How wide the next window should be: some pages each, so that an interruption costs little to
// repeat and quiet times take few requests. Pure; one thread.
class WindowWidth {
 public:
  explicit WindowWidth(std::chrono::seconds widest) : widest_(widest) {}

  std::chrono::seconds get() const { return width_; }
  void on_window(std::size_t pages);

 private:
  static constexpr std::size_t kFewPages = 4;
  static constexpr std::size_t kManyPages = 20;
  static constexpr std::chrono::seconds kNarrowest{10};

  const std::chrono::seconds widest_;
  std::chrono::seconds width_{std::min(std::chrono::seconds(600), widest_)};
};

}  // namespace kd
