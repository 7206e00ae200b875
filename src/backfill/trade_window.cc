#include "backfill/trade_window.h"

namespace kd {
namespace {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds kOverlap{1};

TierRange widened(TradeTier tier, sys_seconds from, sys_seconds to) {
  return {.tier = tier, .min = from - kOverlap, .max = to + kOverlap};
}

}  // namespace

std::vector<TierRange> tier_ranges(const TradeWindow& window, Micros cutoff) {
  std::vector<TierRange> ranges;
  const auto history_ends = ceil<seconds>(cutoff);
  const auto live_begins = floor<seconds>(cutoff);
  if (window.from < history_ends) {
    ranges.push_back(
        widened(TradeTier::kHistorical, window.from, std::min(window.to, history_ends)));
  }
  if (window.to > live_begins) {
    ranges.push_back(widened(TradeTier::kLive, std::max(window.from, live_begins), window.to));
  }
  return ranges;
}

std::optional<TierRange> moved_range(const TradeWindow& window, Micros before, Micros after) {
  const auto from = std::max(window.from, floor<seconds>(before));
  const auto to = std::min(window.to, ceil<seconds>(after));
  if (after <= before || from >= to) return std::nullopt;
  return widened(TradeTier::kHistorical, from, to);
}

void WindowWidth::on_window(std::size_t pages) {
  if (pages > kManyPages) width_ = std::max(kNarrowest, width_ / 2);
  if (pages <= kFewPages) width_ = std::min(widest_, width_ * 2);
}

}  // namespace kd
