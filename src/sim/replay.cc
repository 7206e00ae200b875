#include "sim/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kd::sim {

Replay::Replay(const Recording& recording, ReplayPlan plan, std::vector<Milestone> milestones,
               const World& world)
    : plan_(std::move(plan)), milestones_(std::move(milestones)), world_(world) {
  for (const RecordedWindow& window : recording.windows) {
    windows_.push_back(std::make_unique<Window>(open_frames(window)));
    if (auto read = read_next(windows_.size() - 1); !read) failure_ = read.error();
  }
}

std::optional<std::int64_t> Replay::next_at() const {
  if (milestone_is_next()) return milestones_[next_milestone_].at_ms;
  if (due_.empty()) return std::nullopt;
  return due_.top().at_ms;
}

Expected<bool> Replay::take(FeedEvent& out) {
  if (failure_) return tl::unexpected(*failure_);
  if (!milestone_is_next()) return take_frame(out);
  take_milestone(out);
  return true;
}

bool Replay::milestone_is_next() const {
  if (next_milestone_ == milestones_.size()) return false;
  return due_.empty() || milestones_[next_milestone_].at_ms < due_.top().at_ms;
}

Expected<void> Replay::read_next(std::size_t window) {
  Window& from = *windows_[window];
  from.line.reset();
  const auto line = from.source->next(from.frames);
  if (!line) return fail(Remedy::kGiveUp, from.source->where() + ": " + line.error().what);
  if (!*line) return {};
  from.line = **line;
  // A recorder's clock may have been set back; the order of its lines is the truth.
  const std::int64_t at = from.line->recv_ms + plan_.play_shift_ms[window];
  from.last_play_ms = std::max(from.last_play_ms, at);
  due_.push({from.last_play_ms, window});
  return {};
}

Expected<bool> Replay::take_frame(FeedEvent& out) {
  const Due due = due_.top();
  due_.pop();
  Window& window = *windows_[due.window];
  const TimeMap times{plan_.stamp_shift_ms(due.window), plan_.options.cut_stamps};
  const auto market = world_.find_market(window.line->market_ticker);
  const bool played = window.frames.convert(times, market.value_or(kNoMarket), out).has_value();
  if (played) stamp(out, due.window, due.at_ms);
  if (auto read = read_next(due.window); !read) return tl::unexpected(read.error());
  return played;
}

void Replay::take_milestone(FeedEvent& out) {
  const Milestone& at = milestones_[next_milestone_++];
  const Market& market = world_.market(at.market);
  const std::int64_t shown = at.at_ms - market.shown_offset_ms;
  out.restart(FeedKind::kLifecycle, at.market);
  switch (at.kind) {
    case MilestoneKind::kCreated:
      write_created(out, market, world_.event(market.event), market.shown_offset_ms);
      break;
    case MilestoneKind::kDetermined:
      write_determined(out, market, shown);
      break;
    case MilestoneKind::kSettled:
      write_settled(out, market, shown);
  }
  stamp(out, at.window, at.at_ms);
}

// The exchange sends a frame after what it tells about and after what it sent before.
void Replay::stamp(FeedEvent& event, std::size_t window, std::int64_t play_ms) {
  std::int64_t& last = windows_[window]->last_sending_ms;
  last = std::max(last, play_ms - plan_.shown_offset_ms(window));
  if (event.ts_ms != kNoTime) last = std::max(last, event.ts_ms + 1);
  event.sending_ms = last;
}

}  // namespace kd::sim
