#include "base/backoff.h"

#include <algorithm>

namespace kd {

std::chrono::milliseconds Backoff::next(std::uint64_t random) {
  const auto ceiling = ceiling_;
  ceiling_ = std::min(options_.max, ceiling_ > options_.max / 2 ? options_.max : ceiling_ * 2);
  const auto span = static_cast<std::uint64_t>(ceiling.count()) + 1;
  return std::chrono::milliseconds(random % span);
}

}  // namespace kd
