#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "book/book_checker.h"

namespace kd {

// What production's rows say about each of the levels within (after, to].
Expected<std::vector<ExplainedDifference>> explained(Connection& production,
                                                     const std::string& ticker, std::int64_t after,
                                                     std::int64_t to,
                                                     const std::vector<LevelDifference>& levels);

// [{"side": "yes", "price": 52000, "rest": 9000, "rebuilt": 10000, "difference": 1000, "changes":
// 3, "lines": "g1", "first_change": …, "last_change": …}, …] with prices of 1e-5 dollar, sizes of
// 0.01 contract, times in µs; `difference` is rebuilt less rest.
std::string json_of(const std::vector<ExplainedDifference>& differences);

// "yes 0.5200: 100.00 rebuilt, 90.00 over REST (+10.00; 3 changes by g1)"
std::string text_of(const ExplainedDifference& difference);

}  // namespace kd
