#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/expected.h"
#include "sim/query.h"
#include "sim/world.h"

namespace kd::sim {

// Whether a market's status answers to a value of the `status` filter: unopened, open, paused,
// closed, settled; "" answers to all. Nothing for an unknown value.
std::optional<bool> status_matches(std::string_view filter, MarketStatus status);

// The filters of GET /markets as a value.
class MarketFilter {
 public:
  // The error is what the exchange answers 400 to: an unknown value, two families of time filters
  // at once, or a family with a status it does not go with.
  static Expected<MarketFilter> parse(const Query& query);

  bool matches(const World& world, const Market& market, std::int64_t now_ms) const;

  // The only markets that can match, ascending; nothing where every market has to be looked at.
  std::optional<std::vector<MarketIndex>> candidates(const World& world) const;
  // Whether it has none but the filters of GET /historical/markets, and of tickers, event_ticker
  // and series_ticker one at most.
  bool historical() const;

 private:
  struct Range {
    std::optional<std::int64_t> min_s, max_s;
    bool set() const { return min_s || max_s; }
    bool holds(std::int64_t ms) const;
  };

  Expected<void> read_ranges(const Query& query);
  Expected<void> check_families() const;

  std::string event_ticker_, series_ticker_, status_, mve_;
  std::unordered_set<std::string> tickers_;
  Range created_, close_, settled_, updated_;
};

}  // namespace kd::sim
