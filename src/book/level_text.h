#pragma once

#include <string>

#include "model/price.h"
#include "model/size.h"

namespace kd {

// Dollars with four decimals, five where it takes them: "0.5200", "0.52005".
std::string price_text(Price price);
// Contracts with two decimals: "136.00", "-0.01".
std::string size_text(Size size);

}  // namespace kd
