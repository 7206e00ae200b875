#pragma once

#include "sim/player.h"
#include "sim/replay.h"

namespace kd::sim {

// Publishes a replay.
class ReplayFeed final : public Feed {
 public:
  ReplayFeed(Exchange& exchange, Replay replay) : exchange_(exchange), replay_(std::move(replay)) {}

  Expected<std::size_t> play(std::int64_t now_ms, std::size_t limit) override;
  bool finished() const override { return stopped_ || !replay_.next_at(); }
  void stop() override { stopped_ = true; }

 private:
  Exchange& exchange_;
  Replay replay_;
  FeedEvent event_;
  bool stopped_ = false;
};

}  // namespace kd::sim
