#pragma once

#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/expected.h"
#include "sim/feed_event.h"
#include "sim/frame_reader.h"
#include "sim/frame_source.h"
#include "sim/replay_plan.h"
#include "sim/replay_world.h"

namespace kd::sim {

// Merges the windows of a recording and the milestones of its markets into one sequence of
// events in the order of play. Reads the files as it goes. Confined to one thread.
class Replay {
 public:
  Replay(const Recording& recording, ReplayPlan plan, std::vector<Milestone> milestones,
         const World& world);

  // When the next event is due on the simulator's clock; nothing when all have been played.
  std::optional<std::int64_t> next_at() const;

  // Takes the next event. False: a frame that cannot be played was passed over. The error says
  // that a file can no longer be read.
  Expected<bool> take(FeedEvent& out);

 private:
  struct Window {
    explicit Window(std::unique_ptr<FrameSource> from) : source(std::move(from)) {}
    std::unique_ptr<FrameSource> source;
    FrameReader frames;
    std::optional<FrameReader::Line> line;  // the next to play
    std::int64_t last_sending_ms = kNoTime;
    std::int64_t last_play_ms = kNoTime;
  };
  struct Due {
    std::int64_t at_ms;
    std::size_t window;
    friend bool operator>(const Due& a, const Due& b) {
      return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.window > b.window;
    }
  };

  Expected<void> read_next(std::size_t window);
  bool milestone_is_next() const;
  void take_milestone(FeedEvent& out);
  Expected<bool> take_frame(FeedEvent& out);
  void stamp(FeedEvent& event, std::size_t window, std::int64_t play_ms);

  const ReplayPlan plan_;
  const std::vector<Milestone> milestones_;
  const World& world_;
  std::size_t next_milestone_ = 0;
  std::vector<std::unique_ptr<Window>> windows_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::optional<Error> failure_;
};

}  // namespace kd::sim
