#include "sim/deliveries.h"

#include <algorithm>
#include <utility>

namespace kd::sim {

namespace {

constexpr std::size_t kMostSpare = 4096;

}  // namespace

Deliveries::Id Deliveries::open(const FeedEvent& event, std::int64_t real_ms) {
  if (spare_.empty()) spare_.emplace_back();
  frames_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Frame& frame = frames_.back();
  frame.kind = event.kind;
  frame.sending_ms = event.sending_ms;
  frame.ts_ms = event.ts_ms;
  frame.real_ms = real_ms;
  frame.copies.clear();
  return first_ + frames_.size() - 1;
}

Deliveries::Copies& Deliveries::of(Frame& frame, int client) {
  for (Copies& copies : frame.copies) {
    if (copies.client == client) return copies;
  }
  frame.copies.emplace_back().client = client;
  return frame.copies.back();
}

void Deliveries::note(int client, const Delivery& delivery) {
  Copies& copies = of(frames_.back(), client);
  switch (delivery.fate) {
    case Fate::kHandedOver:
      ++copies.sure;
      return;
    case Fate::kUncertain:
      ++copies.maybe;
      copies.doubted_by = delivery.by;
      return;
    case Fate::kWithheld:
    case Fate::kOverflow:
      copies.withheld_by = delivery.by;
  }
}

Loss Deliveries::loss_of(const Frame& frame, int client, std::string_view by, LossState state) {
  Loss loss;
  loss.kind = frame.kind;
  loss.sending_ms = frame.sending_ms;
  loss.ts_ms = frame.ts_ms;
  loss.ticker = frame.subject;
  loss.detail = frame.detail;
  loss.client = client;
  loss.by = by;
  loss.state = state;
  return loss;
}

void Deliveries::take_stock(const Frame& frame, Loss& loss) {
  for (const Copies& copies : frame.copies) {
    if (copies.sure > 0) {
      loss.sure |= bit_of(copies.client);
    } else if (copies.maybe > 0) {
      loss.maybe |= bit_of(copies.client);
    }
  }
}

// First what was withheld, then what is uncertain; after each, the masks tell what is left.
std::vector<Loss> Deliveries::close(std::string_view subject, std::string detail) {
  Frame& frame = frames_.back();
  frame.subject = subject;
  frame.detail = std::move(detail);
  std::vector<Loss> losses;
  ClientMask sure = 0, maybe = 0;
  for (const Copies& copies : frame.copies) sure |= bit_of(copies.client);
  for (const bool uncertain : {false, true}) {
    for (const Copies& copies : frame.copies) {
      const bool got_none = copies.sure == 0 && copies.maybe == 0;
      if (copies.sure > 0 || uncertain == got_none) continue;
      Loss loss = loss_of(frame, copies.client, uncertain ? copies.doubted_by : copies.withheld_by,
                          uncertain ? LossState::kMaybe : LossState::kUnsent);
      sure &= ~bit_of(copies.client);
      if (uncertain) maybe |= bit_of(copies.client);
      loss.sure = sure;
      loss.maybe = maybe;
      losses.push_back(loss);
    }
  }
  return losses;
}

std::int64_t Deliveries::handed_over_ms(Id id) const {
  return id < first_ ? 0 : frames_[id - first_].real_ms;
}

bool Deliveries::lose(Id id, int client, bool certain, std::string_view by, Loss& loss) {
  if (id < first_) return false;  // settled
  Frame& frame = frames_[id - first_];
  Copies& copies = of(frame, client);
  if (copies.sure == 0) return false;  // doubted already: that stays
  --copies.sure;
  if (!certain) ++copies.maybe;
  if (copies.sure > 0) return false;
  loss = loss_of(frame, client, by, copies.maybe > 0 ? LossState::kMaybe : LossState::kLost);
  take_stock(frame, loss);
  return true;
}

void Deliveries::forget_before(Id id) {
  while (!frames_.empty() && first_ < id) {
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(frames_.front()));
    frames_.pop_front();
    ++first_;
  }
}

}  // namespace kd::sim
