#include "sim/deliveries.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

constexpr Delivery kSent{.fate = Fate::kHandedOver, .by = {}};
constexpr Delivery kDropped{.fate = Fate::kWithheld, .by = "drop"};
constexpr Delivery kDoubted{.fate = Fate::kUncertain, .by = "reorder"};

class DeliveriesTest : public testing::Test {
 protected:
  Deliveries::Id open(std::int64_t real_ms = 1000) {
    FeedEvent event;
    event.restart(FeedKind::kDelta, 3);
    event.ts_ms = 5;
    event.sending_ms = 6;
    return deliveries_.open(event, real_ms);
  }
  std::vector<Loss> close() { return deliveries_.close("KXA", "yes,1,2,0"); }

  Deliveries deliveries_;
};

TEST_F(DeliveriesTest, ACopyThatArrivedMakesUpForOneThatDidNot) {
  open();
  deliveries_.note(0, kDropped);
  deliveries_.note(0, kSent);
  EXPECT_TRUE(close().empty());
}

TEST_F(DeliveriesTest, TellsWhatIsLeftAfterEachLoss) {
  open();
  deliveries_.note(0, kDropped);
  deliveries_.note(1, kDoubted);
  deliveries_.note(2, kSent);
  deliveries_.note(3, kDropped);
  const auto losses = close();
  ASSERT_EQ(losses.size(), 3U);
  EXPECT_EQ(losses[0].client, 0);
  EXPECT_EQ(losses[0].state, LossState::kUnsent);
  EXPECT_EQ(losses[0].by, "drop");
  EXPECT_EQ(losses[0].sure, 0b1110U);
  EXPECT_EQ(losses[0].maybe, 0U);
  EXPECT_EQ(losses[1].client, 3);
  EXPECT_EQ(losses[1].sure, 0b0110U);
  EXPECT_EQ(losses[2].client, 1);
  EXPECT_EQ(losses[2].state, LossState::kMaybe);
  EXPECT_EQ(losses[2].sure, 0b0100U);
  EXPECT_EQ(losses[2].maybe, 0b0010U);
  EXPECT_EQ(losses[2].ticker, "KXA");
}

TEST_F(DeliveriesTest, TheLastCopyLostIsALoss) {
  const auto id = open();
  deliveries_.note(0, kSent);
  deliveries_.note(0, kSent);
  deliveries_.note(1, kSent);
  close();
  Loss loss;
  EXPECT_FALSE(deliveries_.lose(id, 0, true, "reset", loss));
  ASSERT_TRUE(deliveries_.lose(id, 0, true, "reset", loss));
  EXPECT_EQ(loss.state, LossState::kLost);
  EXPECT_EQ(loss.by, "reset");
  EXPECT_EQ(loss.sure, 0b10U);
  EXPECT_FALSE(deliveries_.lose(id, 0, true, "reset", loss)) << "it has no copy left";
}

TEST_F(DeliveriesTest, WhatTheSystemTookIsDoubtedOnceAndStaysSo) {
  const auto id = open();
  deliveries_.note(0, kSent);
  close();
  Loss loss;
  ASSERT_TRUE(deliveries_.lose(id, 0, false, "cut", loss));
  EXPECT_EQ(loss.state, LossState::kMaybe);
  EXPECT_EQ(loss.sure, 0U);
  EXPECT_EQ(loss.maybe, 1U);
  EXPECT_FALSE(deliveries_.lose(id, 0, true, "cut", loss));
}

TEST_F(DeliveriesTest, ForgetsWhatIsSettled) {
  const auto first = open(1000);
  close();
  const auto second = open(2000);
  deliveries_.note(0, kSent);
  close();
  deliveries_.forget_before(second);
  Loss loss;
  EXPECT_FALSE(deliveries_.lose(first, 0, true, "reset", loss));
  EXPECT_EQ(deliveries_.handed_over_ms(second), 2000);
  EXPECT_TRUE(deliveries_.lose(second, 0, true, "reset", loss));
  EXPECT_EQ(deliveries_.next(), second + 1);
}

}  // namespace
}  // namespace kd::sim
