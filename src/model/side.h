#pragma once

#include <cstdint>

namespace kd {

// Which leg of a binary contract. In boolean columns TRUE is yes.
enum class Side : std::uint8_t { kNo = 0, kYes = 1 };

constexpr bool is_yes(Side side) { return side == Side::kYes; }

}  // namespace kd
