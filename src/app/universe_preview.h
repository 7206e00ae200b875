#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/market.h"
#include "model/universe.h"

namespace kd {

// What rules select of the markets that an exchange lists. A value.
class UniverseTally {
 public:
  struct Series {
    std::string name;
    std::size_t markets = 0;
    std::size_t selected = 0;
  };
  void add(std::span<const Market> markets, const UniverseRules& rules);
  std::size_t markets() const { return markets_; }
  std::size_t selected() const { return selected_; }
  // The one with most selected markets first.
  std::vector<Series> series() const;

 private:
  std::map<std::string, Series, std::less<>> series_;
  std::size_t markets_ = 0;
  std::size_t selected_ = 0;
};

// What recording so many markets takes, by the gatherer's limits. All of it is arithmetic: what
// the exchange adds (its own limits, snapshots on their way) is not in it.
struct UniverseLimits {
  std::size_t sockets = 144;
  std::size_t markets_per_socket = 7500;
  std::size_t tickers_per_command = 200;
  std::size_t commands_per_second = 50;  // of one socket
  double tokens_per_second = 200;        // of REST, this process's share
  std::chrono::milliseconds sweep_interval{900'000};
};
struct UniverseCost {
  std::size_t sockets_needed = 0;  // at the least
  std::size_t unplaced = 0;        // markets for which there is no room
  std::size_t commands = 0;
  std::size_t snapshots = 0;
  double subscribe_seconds = 0;
  double sweep_tokens = 0;
  double sweep_seconds = 0;
  double walk_tokens = 0;
  double walk_seconds = 0;
  double sweep_share = 0;  // of the markets that one interval reaches, 0 to 1
};
UniverseCost cost_of(std::size_t selected, std::size_t walk_pages, const UniverseLimits& limits);

std::string preview_text(const UniverseTally& tally, const UniverseLimits& limits,
                         const UniverseCost& cost, std::size_t most_series);
std::string preview_json(const UniverseTally& tally, const UniverseLimits& limits,
                         const UniverseCost& cost);

}  // namespace kd
