#include "connection/handover.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Move = Handover::Move;
using testing::ElementsAre;
using testing::IsEmpty;

class HandoverTest : public testing::Test {
 protected:
  Handover handover_{{.overlap = 1s, .patience = 60s}};
  Handover::Time now_ = Handover::Time{} + 1h;
  const Move move_{.market = 5, .from = 1, .to = 2};
};

TEST_F(HandoverTest, TheOldOneLetsGoASecondAfterTheNewSnapshot) {
  EXPECT_TRUE(handover_.begin(move_, now_));
  EXPECT_FALSE(handover_.begin({5, 1, 3}, now_)) << "one at a time";
  EXPECT_THAT(handover_.take_done(now_ + 50s), IsEmpty());
  handover_.based(5, 2, now_ + 50s);
  handover_.based(5, 2, now_ + 51s);  // another snapshot does not begin it anew
  EXPECT_THAT(handover_.take_done(now_ + 50s + 999ms), IsEmpty());
  EXPECT_THAT(handover_.take_done(now_ + 51s), ElementsAre(move_));
  EXPECT_EQ(handover_.size(), 0U);
}

TEST_F(HandoverTest, ASnapshotElsewhereIsNone) {
  handover_.begin(move_, now_);
  handover_.based(5, 1, now_);
  EXPECT_THAT(handover_.take_done(now_ + 10s), IsEmpty());
}

TEST_F(HandoverTest, ABaseThatIsLostWithinTheSecondDoesNotCount) {
  handover_.begin(move_, now_);
  handover_.based(5, 2, now_);
  handover_.base_lost(2);
  EXPECT_THAT(handover_.take_done(now_ + 10s), IsEmpty());
  handover_.based(5, 2, now_ + 10s);
  EXPECT_THAT(handover_.take_done(now_ + 11s), ElementsAre(move_));
}

TEST_F(HandoverTest, NothingHoldsBackWhenTheOldConnectionIsGone) {
  handover_.begin(move_, now_);
  handover_.begin({6, 3, 1}, now_);
  EXPECT_THAT(handover_.take_leaving(1), ElementsAre(move_));
  EXPECT_EQ(handover_.size(), 1U);
}

TEST_F(HandoverTest, WhatDoesNotComeAboutIsTakenBack) {
  handover_.begin(move_, now_);
  EXPECT_THAT(handover_.take_stuck(now_ + 59s), IsEmpty());
  EXPECT_THAT(handover_.take_stuck(now_ + 60s), ElementsAre(move_));
}

TEST_F(HandoverTest, CancelTellsWhereItWasGoing) {
  handover_.begin(move_, now_);
  EXPECT_EQ(handover_.cancel(5), move_);
  EXPECT_EQ(handover_.cancel(5), std::nullopt);
}

}  // namespace
}  // namespace kd
