#pragma once

#include <string>

namespace kd {

// One of `count` parts of all markets, by a hash of their tickers. A value.
struct Shard {
  int index = 0;
  int count = 1;

  std::string name() const { return std::to_string(index) + "/" + std::to_string(count); }
};

}  // namespace kd
