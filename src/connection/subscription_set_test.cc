#include "connection/subscription_set.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Kind = SubscriptionSet::Command::Kind;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class SubscriptionSetTest : public testing::Test {
 protected:
  SubscriptionSet set_{{.tickers_per_command = 2, .answer_timeout = 10s, .refused_retry = 60s}};
  SubscriptionSet::Time now_{};

  // Wants A and holds it under sid 1.
  void hold_a() {
    set_.want("A");
    const auto command = set_.next(now_);
    ASSERT_TRUE(command);
    set_.on_subscribed(command->id, 1);
    ASSERT_EQ(set_.held(), 1U);
  }
};

TEST_F(SubscriptionSetTest, SubscribesOnceAndThenAddsInBatches) {
  for (const auto* ticker : {"A", "B", "C", "D", "E"}) set_.want(ticker);
  const auto first = set_.next(now_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Kind::kSubscribe);
  EXPECT_THAT(first->tickers, ElementsAre("A", "B"));
  EXPECT_FALSE(set_.next(now_)) << "the sid is not known yet";

  set_.on_subscribed(first->id, 7);
  const auto second = set_.next(now_);
  const auto third = set_.next(now_);
  ASSERT_TRUE(second && third);
  EXPECT_EQ(second->kind, Kind::kAdd);
  EXPECT_EQ(second->sid, 7);
  EXPECT_THAT(second->tickers, ElementsAre("C", "D"));
  EXPECT_THAT(third->tickers, ElementsAre("E"));
  EXPECT_EQ(set_.pending(), 3U);
  set_.on_ok(third->id, 7);
  set_.on_ok(second->id, 7);
  EXPECT_EQ(set_.held(), 5U);
  EXPECT_EQ(set_.pending(), 0U);
}

TEST_F(SubscriptionSetTest, AMergedSubscribeIsAnsweredByOk) {
  set_.want("A");
  const auto command = set_.next(now_);
  set_.on_ok(command->id, 3);
  EXPECT_EQ(set_.held(), 1U);
  set_.want("B");
  EXPECT_EQ(set_.next(now_)->sid, 3);
}

TEST_F(SubscriptionSetTest, WantingTwiceIsOneSubscription) {
  hold_a();
  set_.want("A");
  EXPECT_FALSE(set_.next(now_));
}

TEST_F(SubscriptionSetTest, AnUnansweredCommandIsSentAgain) {
  set_.want("A");
  const auto first = set_.next(now_);
  set_.expire(now_ + 9s);
  EXPECT_FALSE(set_.next(now_ + 9s));
  set_.expire(now_ + 10s);
  const auto again = set_.next(now_ + 10s);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->tickers, ElementsAre("A"));
  EXPECT_NE(again->id, first->id);
  EXPECT_FALSE(set_.on_ok(first->id, 1)) << "a late answer is of no consequence";
}

TEST_F(SubscriptionSetTest, ARefusalIsSplitUntilOnlyTheBadMarketIsLeft) {
  hold_a();
  set_.want("GOOD");
  set_.want("BAD");
  const auto both = set_.next(now_);
  EXPECT_THAT(both->tickers, SizeIs(2));
  set_.on_error(both->id, now_);
  const auto good = set_.next(now_);
  set_.on_ok(good->id, 1);
  const auto bad = set_.next(now_);
  EXPECT_THAT(bad->tickers, ElementsAre("BAD"));
  set_.on_error(bad->id, now_);
  EXPECT_FALSE(set_.next(now_)) << "no storm of refused commands";
  EXPECT_EQ(set_.refused(), 1U);
  EXPECT_EQ(set_.held(), 2U);
  set_.want("BAD");
  EXPECT_THAT(set_.next(now_)->tickers, ElementsAre("BAD")) << "asked for again, tried again";
}

TEST_F(SubscriptionSetTest, ARefusedMarketIsAskedForAgainLater) {
  hold_a();
  set_.want("NEW");
  set_.on_error(set_.next(now_)->id, now_);
  set_.expire(now_ + 59s);
  EXPECT_FALSE(set_.next(now_ + 59s));
  set_.expire(now_ + 60s);
  EXPECT_THAT(set_.next(now_ + 60s)->tickers, ElementsAre("NEW"));
}

TEST_F(SubscriptionSetTest, AFullSubscriptionGivesBackWhatDidNotFit) {
  hold_a();
  set_.want("B");
  set_.want("C");
  const auto excess = set_.on_full(set_.next(now_)->id);
  ASSERT_TRUE(excess);
  EXPECT_THAT(excess->tickers, ElementsAre("B", "C"));
  EXPECT_EQ(set_.wanted(), 1U);
  EXPECT_FALSE(set_.next(now_));
}

TEST_F(SubscriptionSetTest, WhatIsRefusedForNowIsSentAgainWhole) {
  hold_a();
  set_.want("B");
  set_.want("C");
  set_.on_busy(set_.next(now_)->id);
  EXPECT_THAT(set_.next(now_)->tickers, ElementsAre("B", "C"));
}

TEST_F(SubscriptionSetTest, LettingGoDeletesWhatIsHeldOnly) {
  hold_a();
  set_.want("B");
  set_.let_go("B");
  EXPECT_FALSE(set_.next(now_)) << "it was never asked for";
  set_.let_go("A");
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kDelete);
  EXPECT_THAT(command->tickers, ElementsAre("A"));
}

TEST_F(SubscriptionSetTest, LetGoWhileBeingAddedIsDeletedAfterwards) {
  hold_a();
  set_.want("B");
  const auto adding = set_.next(now_);
  set_.let_go("B");
  set_.on_ok(adding->id, 1);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kDelete);
  EXPECT_THAT(command->tickers, ElementsAre("B"));
}

TEST_F(SubscriptionSetTest, ALostConnectionStartsOverWithEverythingWanted) {
  hold_a();
  set_.want("B");
  set_.next(now_);
  set_.on_lost();
  EXPECT_EQ(set_.held(), 0U);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kSubscribe);
  EXPECT_THAT(command->tickers, UnorderedElementsAre("A", "B"));
}

}  // namespace
}  // namespace kd
