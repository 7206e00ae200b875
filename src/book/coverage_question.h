#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/expected.h"

namespace kd {

// A stretch in which no line is proven to have held a market: instants t with from < t <= to,
// µs of the exchange's clock. A value.
struct CoverageHole {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::string cause;  // for a person: "gap on g1", "unproven"
};

struct CoverageAnswer {
  std::vector<CoverageHole> holes;  // ascending; none: covered throughout
};

// Which parts of (from, to] are not covered for the book of `ticker`. Asked about single markets:
// it may cost a query.
using AskCoverage = std::function<Expected<CoverageAnswer>(const std::string& ticker,
                                                           std::int64_t from, std::int64_t to)>;

}  // namespace kd
