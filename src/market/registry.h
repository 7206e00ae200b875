#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "model/market.h"

namespace kd {

// All markets we know, and which of them are to be recorded: the desired state that the
// connections make actual. Pure: no I/O, no clock. Not thread-safe.
//
// A planned close does not end a recording: changes are still sent after it. What a complete
// walk no longer lists is let go once its close lies kAfterClose back.
class MarketRegistry {
 public:
  static constexpr std::chrono::minutes kAfterClose{10};

  // Desired state changed: record these from now on; let these go.
  struct Change {
    std::vector<std::string> added;
    std::vector<std::string> removed;
  };

  // One page of a walk over all open and unopened markets.
  Change on_page(std::span<const Market> markets);
  // The walk is complete: what it did not list may have ended or vanished.
  Change on_walk_end(Micros now);
  // A market that a lifecycle channel announced; REST will tell the rest.
  Change on_created(std::string_view ticker);

  std::size_t size() const { return markets_.size(); }
  std::size_t active() const { return active_; }

 private:
  struct Entry {
    MarketPhase phase = MarketPhase::kUnopened;
    std::optional<Micros> close_time;  // absent: not known (yet)
    std::uint32_t seen_in_walk = 0;
  };
  std::unordered_map<std::string, Entry> markets_;
  std::size_t active_ = 0;
  std::uint32_t walk_ = 1;
};

}  // namespace kd
