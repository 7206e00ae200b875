#include "metadata/sync_plan.h"

#include <algorithm>

namespace kd {

SyncPlan::Kind SyncPlan::next(Clock::time_point now) {
  if (!walking_ && now >= next_full_) {
    walking_ = true;
    full_began_ = now;
    return Kind::kFullWalk;
  }
  if (!walked_ || now < next_increment_) return Kind::kNothing;
  next_increment_ = now + interval_;
  return Kind::kIncrement;
}

SyncPlan::Clock::time_point SyncPlan::wake_at() const {
  const auto full = walking_ ? Clock::time_point::max() : next_full_;
  const auto increment = walked_ ? next_increment_ : Clock::time_point::max();
  return std::min(full, increment);
}

void SyncPlan::on_walk_end(std::size_t requests, double tokens_per_second) {
  constexpr double kRequestCost = 10;  // tokens
  constexpr double kShare = 10;
  const std::chrono::duration<double> cost(static_cast<double>(requests) * kRequestCost * kShare /
                                           std::max(tokens_per_second, 0.001));
  next_full_ =
      full_began_ + std::max(full_interval_, std::chrono::ceil<std::chrono::milliseconds>(cost));
  if (!walked_) next_increment_ = full_began_ + interval_;
  walked_ = true;
  walking_ = false;
  retry_.reset();
}

void SyncPlan::on_walk_broken(Clock::time_point now, std::uint64_t random) {
  next_full_ = now + retry_.next(random);
  walking_ = false;
}

}  // namespace kd
