#include "api/read_budget.h"

#include <algorithm>

namespace kd {

void ReadBudget::wait(Ticket ticket, RestPriority priority) {
  waiting_[static_cast<std::size_t>(priority)].push_back(ticket);
}

bool ReadBudget::empty() const {
  return std::all_of(waiting_.begin(), waiting_.end(), [](const auto& q) { return q.empty(); });
}

std::deque<ReadBudget::Ticket>* ReadBudget::choose() {
  const bool oldest = grants_ % kOldestEvery == kOldestEvery - 1;
  std::deque<Ticket>* chosen = nullptr;
  for (auto& queue : waiting_) {
    if (queue.empty()) continue;
    if (chosen == nullptr || (oldest && queue.front() < chosen->front())) chosen = &queue;
  }
  return chosen;
}

std::optional<ReadBudget::Ticket> ReadBudget::next(Clock::time_point now) {
  if (credentials_ == Credentials::kOnTrial || now < held_until_) return std::nullopt;
  auto* const queue = choose();
  if (queue == nullptr || !bucket_.take(kRequestCost, now)) return std::nullopt;
  if (credentials_ == Credentials::kRefused) credentials_ = Credentials::kOnTrial;
  ++grants_;
  const auto ticket = queue->front();
  queue->pop_front();
  return ticket;
}

std::optional<ReadBudget::Clock::time_point> ReadBudget::next_at(Clock::time_point now) const {
  if (credentials_ == Credentials::kOnTrial || empty()) return std::nullopt;
  return std::max(held_until_, now + bucket_.wait_for(kRequestCost, now));
}

void ReadBudget::answered(int status, Clock::time_point now) {
  if (status == 401 || status == 403) {
    if (credentials_ == Credentials::kRefused) return;  // one of those that were under way
    credentials_ = Credentials::kRefused;
    held_until_ = now + pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
    return;
  }
  if (status == 429) {
    bucket_.drain(now);
    held_until_ = std::max(held_until_, now + kAfter429);
  }
  if (status == 200 || status == 400 || status == 404) {
    pause_ = kFirstPause;
    if (credentials_ == Credentials::kRefused) held_until_ = now;
    credentials_ = Credentials::kTaken;
  } else if (credentials_ == Credentials::kOnTrial) {
    credentials_ = Credentials::kRefused;  // it proved nothing; the next one may
    held_until_ = std::max(held_until_, now + kAfter429);
  }
}

}  // namespace kd
