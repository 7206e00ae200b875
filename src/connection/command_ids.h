#pragma once

#include <cstdint>

namespace kd {

// Commands of different kinds count in ranges of their own; subscriptions from 1.
constexpr std::int64_t kSnapshotIds = std::int64_t{1} << 40;
constexpr std::int64_t kListIds = std::int64_t{1} << 41;

}  // namespace kd
