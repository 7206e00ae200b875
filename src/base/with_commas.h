#pragma once

#include <cstdint>
#include <string>

namespace kd {

// 1234567 as people write it: "1,234,567".
std::string with_commas(std::int64_t number);

}  // namespace kd
