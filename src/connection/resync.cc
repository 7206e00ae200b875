#include "connection/resync.h"

#include <algorithm>
#include <utility>

namespace kd {

void Resync::need(Id market, Why why) {
  auto state = states_.get(market);
  if (why == Why::kLost) state |= kLost;
  if ((state & (kPending | kAsked)) == 0) {
    state |= kPending;
    pending_.push_back(market);
  }
  states_.set(market, state);
}

void Resync::forget(Id market) {
  if ((states_.get(market) & kAsked) != 0) {
    --outstanding_;
    budget_.give(1);
  }
  states_.set(market, 0);
}

void Resync::clear() {
  budget_.give(outstanding_);
  outstanding_ = 0;
  silent_slices_ = 0;
  states_.clear();
  pending_.clear();
  parts_.clear();
  slice_.clear();
  healed_.clear();
  given_up_.clear();
}

std::optional<Resync::Slice> Resync::next(std::int64_t id, Time now) {
  if (outstanding_ > 0 || states_.size() == 0) return std::nullopt;
  const auto granted = budget_.take(std::min(options_.slice, states_.size()));
  auto markets = take(granted);
  budget_.give(granted - markets.size());
  if (markets.empty()) return std::nullopt;
  id_ = id;
  slice_ = markets;
  outstanding_ = markets.size();
  asked_at_ = progress_at_ = now;
  refused_ = false;
  return Slice{id, std::move(markets)};
}

// Marks as asked for what is still pending of the next part, or else of the queue.
std::vector<Resync::Id> Resync::take(std::size_t most) {
  std::vector<Id> markets;
  const auto take_from = [&](auto& queue) {
    while (!queue.empty() && markets.size() < most) {
      const auto market = queue.front();
      queue.pop_front();
      const auto state = states_.get(market);
      if ((state & kPending) == 0) continue;
      states_.set(market, static_cast<std::uint8_t>((state & ~kPending) | kAsked));
      markets.push_back(market);
    }
  };
  while (!parts_.empty() && markets.empty() && most > 0) {
    take_from(parts_.front());
    if (parts_.front().empty()) parts_.pop_front();
  }
  if (markets.empty()) take_from(pending_);
  return markets;
}

bool Resync::on_snapshot(Id market, Time now) {
  suspects_.set(market, 0);
  const auto state = states_.get(market);
  if (state == 0) return false;
  silent_slices_ = 0;
  if ((state & kAsked) != 0) {
    --outstanding_;
    budget_.give(1);
    progress_at_ = now;
  }
  states_.set(market, 0);
  if ((state & kLost) != 0) healed_.push_back(market);
  return true;
}

// Some of its markets may come all the same.
void Resync::on_refused(Time now) {
  refused_ = true;
  progress_at_ = now;
}

void Resync::on_busy() {
  for (const auto market : unanswered()) ask_again(market, false);
  end_slice();
}

bool Resync::expire(Time now, Time heard) {
  if (outstanding_ == 0) return true;
  if (now - progress_at_ < (refused_ ? options_.after_refusal : options_.timeout)) return true;
  const auto rest = unanswered();
  if (proves_death(rest, heard) && ++silent_slices_ == 2) {
    for (const auto market : rest) suspect(market);
    end_slice();
    return false;
  }
  if (refused_ && rest.size() > 1) {
    for (const auto market : rest) ask_again(market, false);
    const auto middle = rest.begin() + static_cast<std::ptrdiff_t>(rest.size() / 2);
    parts_.emplace_back(rest.begin(), middle);
    parts_.emplace_back(middle, rest.end());
  } else {
    for (const auto market : rest) ask_again(market, true);
  }
  end_slice();
  return true;
}

bool Resync::proves_death(const std::vector<Id>& rest, Time heard) const {
  if (refused_ || rest.size() < slice_.size()) return false;
  const auto count = [&](std::uint8_t what) {
    return std::ranges::count_if(
        rest, [&](Id market) { return (states_.get(market) & what) != 0 && !is_suspect(market); });
  };
  return count(kLost) > 1 || (heard < asked_at_ && count(kAsked) > 0);
}

void Resync::ask_again(Id market, bool counts) {
  auto state = static_cast<std::uint8_t>((states_.get(market) & ~kAsked) | kPending);
  if (counts) state += kTry;
  if (state / kTry >= kMostTries || (counts && refused_)) {
    states_.set(market, 0);
    given_up_.push_back(market);
    return;
  }
  states_.set(market, state);
  pending_.push_back(market);
}

std::vector<Resync::Id> Resync::unanswered() const {
  std::vector<Id> rest;
  std::ranges::copy_if(slice_, std::back_inserter(rest),
                       [&](Id market) { return (states_.get(market) & kAsked) != 0; });
  return rest;
}

void Resync::end_slice() {
  budget_.give(outstanding_);
  outstanding_ = 0;
  slice_.clear();
}

std::vector<Resync::Id> Resync::take_healed() {
  if (outstanding_ > 0) return {};
  return std::exchange(healed_, {});
}

std::vector<Resync::Id> Resync::take_given_up() { return std::exchange(given_up_, {}); }

}  // namespace kd
