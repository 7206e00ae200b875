#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace kd {

// Compares the traded volume that a market's ticker tells with the trades of that market.
//
// The volume of a ticker is the sum of all sizes traded so far: at any instant, volume minus the
// trades since some beginning is one constant. Ticker and trade channels promise no common order,
// so a ticker at T may or may not hold the trades of [T - slack, T + slack]; each ticker thus
// bounds the constant from both sides, and the trades are complete as long as one constant lies
// within all bounds. Whether a block trade counts as volume is not documented: either is taken,
// until the next tickers decide.
//
// Sizes in 0.01 contract, times in µs of exchange time. Takes one stretch of time after another.
// Pure; one thread.
class VolumeLine {
 public:
  struct TradeAt {
    std::int64_t at;
    std::int64_t size;
    bool is_block;
  };
  struct VolumeAt {
    std::int64_t at;
    std::int64_t volume;
  };
  // Two tickers that no set of trades between them explains.
  struct Difference {
    std::int64_t after;     // the earlier one
    std::int64_t at;        // the later one, at which it showed
    std::int64_t expected;  // change of volume between them
    std::int64_t found;     // the nearest that the trades between them, give or take slack, come to
  };

  // One stretch: the tickers of [from, to) by time, then volume, and the trades of
  // [from - slack, to + slack) by time.
  std::vector<Difference> check(std::int64_t from, std::int64_t to, std::int64_t slack,
                                std::span<const TradeAt> trades, std::span<const VolumeAt> tickers);

 private:
  struct Bound {
    std::int64_t value;
    VolumeAt by{};  // the ticker that set it
  };
  struct Bounds {  // of the constant
    Bound low{.value = std::numeric_limits<std::int64_t>::min() / 2};
    Bound high{.value = std::numeric_limits<std::int64_t>::max() / 2};
  };

  // Narrows the bounds by those of one ticker, or starts anew with them.
  std::optional<Difference> take(const Bounds& own);

  Bounds bounds_;
};

}  // namespace kd
