#include "connection/subscription_set.h"

#include <gmock/gmock.h>

#include <numeric>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Id = SubscriptionSet::Id;
using Kind = SubscriptionSet::Command::Kind;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr Id kA = 10;
constexpr Id kB = 11;
constexpr Id kC = 12;

class SubscriptionSetTest : public testing::Test {
 protected:
  SubscriptionSet set_{{.tickers_per_command = 2, .answer_timeout = 10s, .refused_retry = 60s}};
  SubscriptionSet::Time now_{};

  // Wants A and holds it under sid 1.
  void hold_a() {
    set_.want(kA);
    const auto command = set_.next(now_);
    ASSERT_TRUE(command);
    set_.on_subscribed(command->id, 1);
    ASSERT_EQ(set_.held(), 1U);
  }
};

TEST_F(SubscriptionSetTest, SubscribesOnceAndThenAddsInBatches) {
  for (Id market = 0; market < 5; ++market) set_.want(market);
  const auto first = set_.next(now_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Kind::kSubscribe);
  EXPECT_THAT(first->markets, ElementsAre(0, 1));
  EXPECT_FALSE(set_.next(now_)) << "the sid is not known yet";

  set_.on_subscribed(first->id, 7);
  const auto second = set_.next(now_);
  const auto third = set_.next(now_);
  ASSERT_TRUE(second && third);
  EXPECT_EQ(second->kind, Kind::kAdd);
  EXPECT_EQ(second->sid, 7);
  EXPECT_THAT(second->markets, ElementsAre(2, 3));
  EXPECT_THAT(third->markets, ElementsAre(4));
  EXPECT_EQ(set_.pending(), 3U);
  set_.on_ok(third->id, 7);
  set_.on_ok(second->id, 7);
  EXPECT_EQ(set_.held(), 5U);
  EXPECT_EQ(set_.pending(), 0U);
}

TEST_F(SubscriptionSetTest, AMergedSubscribeIsAnsweredByOk) {
  set_.want(kA);
  const auto command = set_.next(now_);
  set_.on_ok(command->id, 3);
  EXPECT_EQ(set_.held(), 1U);
  set_.want(kB);
  EXPECT_EQ(set_.next(now_)->sid, 3);
}

TEST_F(SubscriptionSetTest, WantingTwiceIsOneSubscription) {
  hold_a();
  set_.want(kA);
  EXPECT_FALSE(set_.next(now_));
}

TEST_F(SubscriptionSetTest, AnUnansweredCommandIsSentAgain) {
  set_.want(kA);
  const auto first = set_.next(now_);
  set_.expire(now_ + 9s);
  EXPECT_FALSE(set_.next(now_ + 9s));
  set_.expire(now_ + 10s);
  const auto again = set_.next(now_ + 10s);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->markets, ElementsAre(kA));
  EXPECT_NE(again->id, first->id);
  EXPECT_FALSE(set_.on_ok(first->id, 1)) << "a late answer is of no consequence";
}

TEST_F(SubscriptionSetTest, ARefusalIsSplitUntilOnlyTheBadMarketIsLeft) {
  hold_a();
  set_.want(kB);
  set_.want(kC);
  const auto both = set_.next(now_);
  EXPECT_THAT(both->markets, SizeIs(2));
  set_.on_error(both->id, now_);
  const auto good = set_.next(now_);
  set_.on_ok(good->id, 1);
  const auto bad = set_.next(now_);
  EXPECT_THAT(bad->markets, ElementsAre(kC));
  set_.on_error(bad->id, now_);
  EXPECT_FALSE(set_.next(now_)) << "no storm of refused commands";
  EXPECT_EQ(set_.refused(), 1U);
  EXPECT_EQ(set_.held(), 2U);
  set_.want(kC);
  EXPECT_THAT(set_.next(now_)->markets, ElementsAre(kC)) << "asked for again, tried again";
}

TEST_F(SubscriptionSetTest, ARefusedMarketIsAskedForAgainLater) {
  hold_a();
  set_.want(kB);
  set_.on_error(set_.next(now_)->id, now_);
  set_.expire(now_ + 59s);
  EXPECT_FALSE(set_.next(now_ + 59s));
  set_.expire(now_ + 60s);
  EXPECT_THAT(set_.next(now_ + 60s)->markets, ElementsAre(kB));
}

TEST_F(SubscriptionSetTest, WhatIsRefusedForNowIsSentAgainWhole) {
  hold_a();
  set_.want(kB);
  set_.want(kC);
  set_.on_busy(set_.next(now_)->id);
  EXPECT_THAT(set_.next(now_)->markets, ElementsAre(kB, kC));
}

TEST_F(SubscriptionSetTest, LettingGoDeletesWhatIsHeldOnly) {
  hold_a();
  set_.want(kB);
  set_.let_go(kB);
  EXPECT_FALSE(set_.next(now_)) << "it was never asked for";
  set_.let_go(kA);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kDelete);
  EXPECT_THAT(command->markets, ElementsAre(kA));
}

TEST_F(SubscriptionSetTest, LetGoWhileBeingAddedIsDeletedAfterwards) {
  hold_a();
  set_.want(kB);
  const auto adding = set_.next(now_);
  set_.let_go(kB);
  set_.on_ok(adding->id, 1);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kDelete);
  EXPECT_THAT(command->markets, ElementsAre(kB));
}

TEST_F(SubscriptionSetTest, WantedAgainWhileBeingDeletedIsAddedAfterwards) {
  hold_a();
  set_.let_go(kA);
  const auto deletion = set_.next(now_);
  set_.want(kA);
  EXPECT_FALSE(set_.next(now_));
  EXPECT_EQ(set_.held(), 0U) << "it is on its way out";
  set_.on_ok(deletion->id, 1);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kAdd);
}

TEST_F(SubscriptionSetTest, WantedAgainAfterADeletionOfUnknownOutcomeIsAddedAnew) {
  hold_a();
  set_.let_go(kA);
  set_.next(now_);
  set_.want(kA);
  set_.expire(now_ + 10s);
  const auto command = [&] {
    auto next = set_.next(now_ + 10s);
    return next ? next : set_.next(now_ + 10s);
  }();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kAdd);
  EXPECT_THAT(command->markets, ElementsAre(kA));
}

TEST_F(SubscriptionSetTest, ALostConnectionStartsOverWithEverythingWanted) {
  hold_a();
  set_.want(kB);
  set_.next(now_);
  set_.on_lost();
  EXPECT_EQ(set_.held(), 0U);
  const auto command = set_.next(now_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, Kind::kSubscribe);
  EXPECT_THAT(command->markets, UnorderedElementsAre(kA, kB));
}

TEST_F(SubscriptionSetTest, NothingPilesUpWhileAMarketComesAndGoes) {
  for (int i = 0; i < 10'000; ++i) {
    set_.want(kA);
    set_.let_go(kA);
  }
  EXPECT_LT(set_.bytes(), 200U);
  EXPECT_FALSE(set_.next(now_));
}

// An exchange that takes no more than `limit` markets, and refuses whole commands above it.
class LimitedExchange {
 public:
  explicit LimitedExchange(std::size_t limit) : limit_(limit) {}

  // Runs until nothing is left to say; how many commands it took.
  int run(SubscriptionSet& set) {
    int commands = 0;
    for (auto command = set.next({}); command && commands < 1000; command = set.next({})) {
      ++commands;
      if (held_ + command->markets.size() > limit_) {
        set.on_full(command->id);
      } else {
        held_ += command->markets.size();
        set.on_ok(command->id, 1);
      }
      for (const auto market : set.take_excess()) excess_.push_back(market);
    }
    return commands;
  }
  std::size_t held() const { return held_; }
  std::size_t excess() const { return excess_.size(); }

 private:
  const std::size_t limit_;
  std::size_t held_ = 0;
  std::vector<Id> excess_;
};

class SubscriptionLimitTest : public testing::TestWithParam<std::size_t> {};

TEST_P(SubscriptionLimitTest, IsFoundByHalvingAndTheRestIsGivenBack) {
  SubscriptionSet set({.tickers_per_command = 200, .answer_timeout = 10s, .refused_retry = 60s});
  LimitedExchange exchange(GetParam());
  for (Id market = 0; market < 7'500; ++market) set.want(market);
  EXPECT_LT(exchange.run(set), 7'500 / 200 + 30);
  EXPECT_EQ(exchange.held(), std::min<std::size_t>(GetParam(), 7'500));
  EXPECT_EQ(exchange.excess(), 7'500 - exchange.held());
  EXPECT_EQ(set.wanted(), exchange.held());
  EXPECT_EQ(set.held(), exchange.held());
  EXPECT_EQ(set.pending(), 0U);
  if (GetParam() < 7'500) {
    EXPECT_EQ(set.limit(), GetParam());
  }

  set.want(9'000);  // a full one gives it back at once
  EXPECT_EQ(exchange.run(set), GetParam() >= 7'501 ? 1 : 0);
  EXPECT_EQ(set.take_excess().size(), GetParam() >= 7'501 ? 0U : 1U);
}
INSTANTIATE_TEST_SUITE_P(Limits, SubscriptionLimitTest,
                         testing::Values(0, 1, 7, 100, 199, 200, 201, 256, 1'000, 7'499, 100'000));

TEST_F(SubscriptionSetTest, TheLimitIsLearntAnewByTheNextConnection) {
  for (Id market = 0; market < 4; ++market) set_.want(market);
  LimitedExchange narrow(1);
  narrow.run(set_);
  EXPECT_EQ(set_.wanted(), 1U);
  set_.on_lost();
  EXPECT_FALSE(set_.limit());
  for (Id market = 0; market < 4; ++market) set_.want(market);
  LimitedExchange wide(3);
  wide.run(set_);
  EXPECT_EQ(set_.held(), 3U);
}

TEST_F(SubscriptionSetTest, ADeletionMakesRoomBelowTheLimit) {
  for (Id market = 0; market < 4; ++market) set_.want(market);
  LimitedExchange(2).run(set_);
  set_.let_go(set_.held_markets()[0]);
  set_.want(20);
  const auto deletion = set_.next(now_);
  ASSERT_TRUE(deletion);
  EXPECT_EQ(deletion->kind, Kind::kDelete);
  set_.on_ok(deletion->id, 1);
  EXPECT_THAT(set_.next(now_)->markets, ElementsAre(20));
}

TEST_F(SubscriptionSetTest, SeveralRefusalsUnderWayHalveOnce) {
  SubscriptionSet set({.tickers_per_command = 8, .answer_timeout = 10s, .refused_retry = 60s});
  for (Id market = 0; market < 33; ++market) set.want(market);
  set.on_subscribed(set.next(now_)->id, 1);
  std::vector<std::int64_t> ids;
  while (const auto command = set.next(now_)) ids.push_back(command->id);
  ASSERT_THAT(ids, SizeIs(4));
  for (const auto id : ids) {
    if (id != ids[3]) set.on_full(id);
  }
  EXPECT_FALSE(set.next(now_)) << "one at a time, and the last of them is still to be answered";
  set.on_ok(ids[3], 1);
  EXPECT_THAT(set.next(now_)->markets, SizeIs(4));
}

TEST_F(SubscriptionSetTest, SevenThousandFiveHundredTakeThirtyEightCommandsAndFewBytes) {
  SubscriptionSet set({.tickers_per_command = 200, .answer_timeout = 10s, .refused_retry = 60s});
  for (Id market = 0; market < 7'500; ++market) set.want(market * 3);
  LimitedExchange exchange(1'000'000);
  EXPECT_EQ(exchange.run(set), 38);
  EXPECT_LE(set.bytes() / 7'500, 14U);
}

}  // namespace
}  // namespace kd
