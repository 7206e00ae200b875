#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "model/messages.h"

namespace kd {

// Which markets are recorded, decided by the ticker alone, so that a frame and a REST page are
// judged alike. Immutable; any thread; no lock and no allocation.
//
// A pattern is one of
//   series:GLOB  the ticker up to its first '-' matches            series:KXBTC*
//   event:GLOB   the ticker, or a part of it that ends before a '-', matches   event:KXBTC-26NOV22
//   market:GLOB  the whole ticker matches                          market:KXBTC-26NOV22-T3.00
//   GLOB         without a wildcard as event:, with one as market:
// where '*' stands for any text and '?' for any one character. A market is recorded when a pattern
// of `include` matches (or there is none) and no pattern of `exclude` does.
//
// Combos (series KXMVE…) can be left out altogether or per channel.
class UniverseRules {
 public:
  // `combos`: "true" (or nothing), "false", or names of the channels on which combos are
  // recorded: orderbook, trade, ticker, lifecycle.
  static Expected<UniverseRules> parse(const std::vector<std::string>& include,
                                       const std::vector<std::string>& exclude,
                                       const std::vector<std::string>& combos);
  UniverseRules() = default;  // everything
  // Of what these select, part `index` of `count`, by a hash of the ticker.
  UniverseRules shard(int index, int count) const;

  bool everything() const {
    return include_.empty() && exclude_.empty() && all_combos_ && shard_count_ == 1;
  }
  bool wants(std::string_view ticker, Channel channel) const {
    return everything() || decide(ticker, channel);
  }
  bool wants_combos(Channel channel) const;

  // The series to ask REST for, when the rules name them all exactly; absent: ask for everything.
  std::optional<std::vector<std::string>> only_series() const;

 private:
  struct Pattern {
    enum class Part { kSeries, kEvent, kMarket };
    Part part{};
    std::string glob;
    bool matches(std::string_view ticker) const;
  };
  static Expected<Pattern> parse_pattern(const std::string& text);
  bool decide(std::string_view ticker, Channel channel) const;

  std::vector<Pattern> include_;
  std::vector<Pattern> exclude_;
  bool all_combos_ = true;
  std::uint32_t shard_index_ = 0;
  std::uint32_t shard_count_ = 1;
  std::array<bool, 4> combos_{true, true, true, true};  // by place in the list of channels
};

// Multivariate events' markets, by their series.
inline bool is_combo(std::string_view ticker) { return ticker.starts_with("KXMVE"); }

// '*' any text, '?' one character.
bool glob_matches(std::string_view glob, std::string_view text);

}  // namespace kd
