#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "model/order_book.h"

namespace kd {

// One change of one book, as the exchange made and sent it.
struct TrueChange {
  std::int64_t ts_ms = 0;
  std::int64_t sending_ms = 0;
  std::size_t market = 0;
  Side side{};
  Price price = *Price::from_raw(0);
  Size change{};
};

// What makes two changes one to somebody who knows no seq.
using ChangeKey = std::tuple<std::int64_t, std::size_t, bool, std::int32_t, std::int64_t>;
ChangeKey key_of(const TrueChange& change);

// Some seconds of a few markets, made up from a seed: bursts within one millisecond, equal changes
// among them, sending times that lag.
struct MergeTruth {
  std::vector<std::string> tickers;
  std::vector<TrueChange> changes;  // in order of sending
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};
MergeTruth make_truth(std::mt19937_64& random, const std::string& prefix, std::int64_t from_ms,
                      std::int64_t length_ms);

}  // namespace kd
