#include "sim/sent_frames.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

WsProgress progress(std::uint64_t taken, std::uint64_t unacknowledged, bool in_order = false) {
  return {.appended_bytes = 1000,
          .taken_bytes = taken,
          .unacknowledged_bytes = unacknowledged,
          .closed_in_order = in_order};
}

// Four frames of a hundred bytes, handed over at 1000, 2000, 3000 and 4000 ms.
class SentFramesTest : public testing::Test {
 protected:
  SentFramesTest() {
    FeedEvent event;
    for (std::uint64_t i = 1; i <= 4; ++i) {
      sent_.add(100 * i, deliveries_.open(event, static_cast<std::int64_t>(1000 * i)));
    }
  }
  std::vector<std::pair<Deliveries::Id, bool>> fall(const WsProgress& at, std::int64_t now_ms) {
    std::vector<std::pair<Deliveries::Id, bool>> out;
    for (const auto& fallen : sent_.fall(at, now_ms, deliveries_)) {
      out.emplace_back(fallen.id, fallen.certain);
    }
    return out;
  }

  Deliveries deliveries_;
  SentFrames sent_;
};

using Fallen = std::vector<std::pair<Deliveries::Id, bool>>;

TEST_F(SentFramesTest, WhatNeverLeftIsLostAndAFrameInPartToo) {
  EXPECT_EQ(fall(progress(250, 0), 60'000), (Fallen{{3, true}, {4, true}}));
}

TEST_F(SentFramesTest, WhatIsNotAcknowledgedIsDoubtful) {
  EXPECT_EQ(fall(progress(400, 150), 60'000), (Fallen{{3, false}, {4, false}}));
}

TEST_F(SentFramesTest, WhatWasSentJustNowIsDoubtful) {
  EXPECT_EQ(fall(progress(400, 0), 4000), (Fallen{{3, false}, {4, false}}));
}

TEST_F(SentFramesTest, AnAnsweredCloseFrameLeavesNoDoubt) {
  EXPECT_EQ(fall(progress(400, 0, true), 4000), Fallen{});
}

TEST_F(SentFramesTest, ForgetsWhatWasAcknowledgedLongAgo) {
  EXPECT_EQ(sent_.settle(progress(400, 0), 3500, deliveries_, 99), 3U);
  EXPECT_EQ(sent_.settle(progress(400, 150), 60'000, deliveries_, 99), 3U);
  EXPECT_EQ(sent_.settle(progress(400, 0), 60'000, deliveries_, 99), 99U);
  EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace kd::sim
