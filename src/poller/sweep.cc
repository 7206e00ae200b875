#include "poller/sweep.h"

#include <algorithm>
#include <utility>

namespace kd {

void Sweep::add(std::span<const Id> ids, Clock::time_point now) {
  for (const auto id : ids) {
    auto& state = states_.at(id);
    if (state.active) continue;
    state.active = true;
    ++active_;
    if (state.listed) continue;
    state.listed = true;
    if (fresh_.empty()) fresh_since_ = now;
    fresh_.push_back(id);
  }
}

void Sweep::remove(std::span<const Id> ids) {
  for (const auto id : ids) {
    auto& state = states_.at(id);
    if (!state.active) continue;
    state.active = false;
    --active_;
    forget(state);
  }
}

template <typename List>
void Sweep::fill(List& from, std::vector<Id>& batch) {
  while (batch.size() < kBatch && !from.empty()) {
    const auto id = from.front();
    from.pop_front();
    auto& state = states_.at(id);
    state.listed = state.active;
    if (state.active) batch.push_back(id);
  }
}

bool Sweep::fresh_is_due(Clock::time_point now) const {
  return fresh_.size() >= kBatch || (!fresh_.empty() && now >= fresh_since_ + kLinger);
}

Sweep::Batch Sweep::next(Clock::time_point now) {
  Batch batch;
  if (fresh_is_due(now)) {
    batch.fresh = true;
    fill(fresh_, batch.ids);
    if (!batch.empty()) return batch;
  }
  batch.fresh = false;
  if (!running_ && now >= next_cycle_) begin_cycle(now);
  fill(current_, batch.ids);
  if (batch.empty()) {
    end_cycle_if_done(now);
  } else {
    ++under_way_;
  }
  return batch;
}

void Sweep::begin_cycle(Clock::time_point now) {
  const bool on_time = now - next_cycle_ < interval_ / 10;
  next_cycle_ = (on_time ? next_cycle_ : now) + interval_;
  if (failed_.empty() && done_.empty()) return;
  current_.insert(current_.end(), failed_.begin(), failed_.end());
  current_.insert(current_.end(), done_.begin(), done_.end());
  failed_ = {};
  done_ = {};
  began_ = now;
  running_ = true;
}

void Sweep::end_cycle_if_done(Clock::time_point now) {
  if (!running_ || !current_.empty() || under_way_ > 0) return;
  running_ = false;
  current_ = {};
  finished_ = now - began_;
}

std::optional<Sweep::Clock::time_point> Sweep::wake_at() const {
  if (!current_.empty() || fresh_.size() >= kBatch) return Clock::time_point::min();
  std::optional<Clock::time_point> at;
  if (!running_) at = next_cycle_;
  if (!fresh_.empty()) at = std::min(at.value_or(fresh_since_ + kLinger), fresh_since_ + kLinger);
  return at;
}

void Sweep::on_done(const Batch& batch, bool polled, Clock::time_point now) {
  expire(now);
  for (const auto id : batch.ids) {
    auto& state = states_.at(id);
    state.listed = state.active;
    if (!state.active) continue;
    (polled ? done_ : failed_).push_back(id);
    if (!polled) continue;
    forget(state);
    state.slot = static_cast<std::uint16_t>(newest_slot_ % kNoSlot);
    ++slots_[newest_slot_ % kSlots];
  }
  if (!batch.fresh) --under_way_;
  end_cycle_if_done(now);
}

std::optional<Sweep::Clock::duration> Sweep::take_finished() {
  return std::exchange(finished_, std::nullopt);
}

void Sweep::expire(Clock::time_point now) {
  const auto width = std::max<Clock::duration>(interval_ / kSlots, Clock::duration(1));
  const auto slot = static_cast<std::uint64_t>(now.time_since_epoch() / width);
  if (slot >= newest_slot_ + kSlots) {
    slots_.fill(0);
    newest_slot_ = slot;
  }
  while (newest_slot_ < slot) slots_[++newest_slot_ % kSlots] = 0;
}

// It no longer counts as polled.
void Sweep::forget(State& state) {
  if (state.slot == kNoSlot) return;
  for (std::uint64_t back = 0; back < kSlots && back <= newest_slot_; ++back) {
    const auto slot = newest_slot_ - back;
    if (slot % kNoSlot != state.slot) continue;
    --slots_[slot % kSlots];
    break;
  }
  state.slot = kNoSlot;
}

std::size_t Sweep::polled(Clock::time_point now) {
  expire(now);
  std::size_t sum = 0;
  for (const auto slot : slots_) sum += slot;
  return sum;
}

double Sweep::coverage(Clock::time_point now) {
  if (active_ == 0) return 1;
  return static_cast<double>(polled(now)) / static_cast<double>(active_);
}

std::size_t Sweep::bytes() const {
  const auto listed = fresh_.size() + current_.size() + failed_.capacity() + done_.capacity();
  return states_.bytes() + listed * sizeof(Id);
}

}  // namespace kd
