#include "connection/placement.h"

#include <gmock/gmock.h>

#include <numeric>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Id = Placement::Id;
using Order = Placement::Order;
using testing::ElementsAre;
using testing::IsEmpty;

class PlacementTest : public testing::Test {
 protected:
  static constexpr std::size_t kBooks = 4;

  void make(std::size_t most) {
    Placement::Options options;
    options.books = kBooks;
    options.markets_per_connection = most;
    options.seed = "g1";
    placement_.emplace(options);
    states_.assign(kBooks, {.open = true, .down_since = {}});
    tick(0s);
    now_ += 1min;
  }
  // The connections do as they are told.
  void obey(const Placement::Orders& orders) {
    for (const auto& [whom, markets] : orders) {
      const auto& [book, order] = whom;
      for (const auto market : markets) {
        if (order == Order::kLetGo) held_[book].erase(market);
        if (order == Order::kWant || order == Order::kTakeOver) held_[book].insert(market);
        if (order == Order::kTakeOver) placement_->on_based(book, market, now_);
      }
    }
  }
  void want(Id from, Id to) {
    std::vector<Id> markets(to - from);
    std::iota(markets.begin(), markets.end(), from);
    obey(placement_->want(markets));
  }
  void tick(std::chrono::seconds passed) {
    now_ += passed;
    obey(placement_->tick(states_, now_));
  }
  void down(std::size_t book) {
    states_[book] = {.open = false, .down_since = now_};
    obey(placement_->on_lost(book));
  }
  std::size_t lines(Id market) const {
    std::size_t count = 0;
    for (const auto& [book, markets] : held_) count += markets.count(market);
    return count;
  }
  void expect_each_once(Id from, Id to) const {
    for (auto market = from; market < to; ++market) ASSERT_EQ(lines(market), 1U) << market;
  }

  std::optional<Placement> placement_;
  std::vector<Placement::State> states_;
  std::map<std::size_t, std::set<Id>> held_;
  Placement::Time now_ = Placement::Time{} + 1h;
};

TEST_F(PlacementTest, AMoveIsMakeBeforeBreak) {
  make(100);
  want(0, 40);
  const auto from = *placement_->assignment().where(7);
  const auto to = (from + 1) % kBooks;
  Placement::Orders orders;
  EXPECT_TRUE(placement_->move(7, to, now_, orders));
  EXPECT_FALSE(placement_->move(7, to, now_, orders));
  obey(orders);
  EXPECT_EQ(lines(7), 2U);
  tick(0s);
  EXPECT_EQ(lines(7), 2U) << "one further second";
  tick(1s);
  EXPECT_EQ(lines(7), 1U);
  EXPECT_TRUE(held_[to].contains(7));
  EXPECT_EQ(placement_->handovers_done(), 1U);
}

TEST_F(PlacementTest, ADoubtedBookIsAskedForAgainAndThenMoved) {
  make(100);
  want(0, 8);
  const auto book = *placement_->assignment().where(3);
  Placement::Orders first;
  placement_->renew(3, now_, first);
  EXPECT_EQ(first, (Placement::Orders{{{book, Order::kWant}, {3}}}));
  Placement::Orders second;
  placement_->renew(3, now_ + 1min, second);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second.begin()->first.second, Order::kTakeOver);
  EXPECT_NE(second.begin()->first.first, book);
  Placement::Orders unknown;
  placement_->renew(99, now_, unknown);
  EXPECT_THAT(unknown, IsEmpty());
}

TEST_F(PlacementTest, AMarketLetGoOnItsWayLeavesBoth) {
  make(100);
  want(0, 40);
  Placement::Orders orders;
  placement_->move(7, (*placement_->assignment().where(7) + 1) % kBooks, now_, orders);
  obey(orders);
  const Id market[] = {7};
  obey(placement_->let_go(market));
  EXPECT_EQ(lines(7), 0U);
  EXPECT_EQ(placement_->handovers(), 0U);
}

TEST_F(PlacementTest, AMoveThatNeverGetsItsSnapshotIsUndone) {
  make(100);
  want(0, 40);
  const auto from = *placement_->assignment().where(7);
  Placement::Orders orders;
  placement_->move(7, (from + 1) % kBooks, now_, orders);
  obey(orders);
  placement_->on_bases_lost((from + 1) % kBooks);
  tick(61s);
  EXPECT_EQ(lines(7), 1U);
  EXPECT_EQ(placement_->assignment().where(7), from);
}

TEST_F(PlacementTest, WhatAFullConnectionGivesBackGoesElsewhere) {
  make(100);
  want(0, 40);
  const std::vector<Id> excess(held_[2].begin(), std::next(held_[2].begin(), 5));
  for (const auto market : excess) held_[2].erase(market);
  obey(placement_->on_full(2, 5, excess));
  expect_each_once(0, 40);
  EXPECT_EQ(held_[2].size(), 5U);
  want(40, 60);
  EXPECT_EQ(held_[2].size(), 5U) << "its cap is what it holds";
  down(2);
  states_[2] = {.open = true, .down_since = {}};
  want(60, 70);
  EXPECT_GT(held_[2].size(), 5U) << "the next socket may take more";
}

TEST_F(PlacementTest, AFullTargetLeavesTheMarketWhereItWas) {
  make(100);
  want(0, 40);
  const auto from = *placement_->assignment().where(7);
  const auto to = (from + 1) % kBooks;
  Placement::Orders orders;
  placement_->move(7, to, now_, orders);
  held_[to].erase(7);
  const auto other = (from + 2) % kBooks;
  obey(placement_->let_go(std::vector<Id>(held_[other].begin(), held_[other].end())));
  const Id market[] = {7};
  obey(placement_->on_full(to, 10, market));
  EXPECT_EQ(placement_->assignment().where(7), from);
  tick(10s);
  EXPECT_TRUE(held_[from].contains(7));
}

TEST_F(PlacementTest, MarketsWithoutRoomGetItWhenThereIsSome) {
  make(10);
  want(0, 45);
  EXPECT_EQ(placement_->unplaced(), 5U);
  const Id markets[] = {0, 1, 2};
  obey(placement_->let_go(markets));
  EXPECT_EQ(placement_->unplaced(), 2U);
  EXPECT_EQ(placement_->wanted(), 42U);
}

TEST_F(PlacementTest, AnOverflowingConnectionKeepsThreeQuarters) {
  make(100);
  want(0, 160);
  obey(placement_->on_overflow(1, now_));
  EXPECT_EQ(placement_->assignment().load(1), 30U);
  down(1);
  EXPECT_EQ(held_[1].size(), 30U) << "its stream is gone: nothing to wait for";
  expect_each_once(0, 160);
  states_[1] = {.open = true, .down_since = {}};
  tick(1s);
  want(160, 200);
  EXPECT_EQ(held_[1].size(), 30U) << "and stays so with the next socket";
}

TEST_F(PlacementTest, AConnectionThatStaysDownGivesItsMarketsToOthers) {
  make(100);
  want(0, 80);
  down(3);
  tick(14s);
  EXPECT_EQ(held_[3].size(), 20U) << "it is probably back in a second";
  tick(1s);
  EXPECT_THAT(held_[3], IsEmpty());
  expect_each_once(0, 80);
  want(80, 90);
  EXPECT_THAT(held_[3], IsEmpty());

  states_[3] = {.open = true, .down_since = {}};
  for (int i = 0; i < 60; ++i) tick(1s);
  EXPECT_GT(held_[3].size(), 10U) << "evened out again";
  expect_each_once(0, 90);
}

TEST_F(PlacementTest, WhileConnectionsComeUpNoneIsGivenUp) {
  make(100);
  want(0, 80);
  for (std::size_t book = 0; book < kBooks; ++book) down(book);
  for (std::size_t book = 0; book < kBooks; ++book) {
    tick(9s);
    states_[book] = {.open = true, .down_since = {}};
  }
  tick(1s);
  for (std::size_t book = 0; book < kBooks; ++book) EXPECT_EQ(held_[book].size(), 20U);
}

TEST_F(PlacementTest, WhenAllAreDownTheyKeepTheirMarkets) {
  make(100);
  want(0, 80);
  for (std::size_t book = 0; book < kBooks; ++book) down(book);
  tick(1h);
  for (std::size_t book = 0; book < kBooks; ++book) EXPECT_EQ(held_[book].size(), 20U);
}

TEST_F(PlacementTest, LoadsThatDriftApartAreEvenedOutAFewAtATime) {
  make(2'000);
  want(0, 4'000);
  std::vector<Id> gone(held_[0].begin(), held_[0].end());
  obey(placement_->let_go(gone));
  tick(0s);
  EXPECT_LE(held_[0].size(), 200U);
  for (int i = 0; i < 60; ++i) tick(1s);
  EXPECT_GT(held_[0].size(), 700U);
  std::size_t all = 0;
  for (const auto& [book, markets] : held_) all += markets.size();
  EXPECT_EQ(all, 3'000U);
}

TEST_F(PlacementTest, TenThousandMovesEndWithEveryMarketHeldOnce) {
  make(10'000);
  want(0, 10'000);
  Placement::Orders orders;
  EXPECT_EQ(placement_->move_some(10'000, now_, orders), 10'000U);
  obey(orders);
  tick(1s);
  EXPECT_EQ(placement_->handovers_done(), 10'000U);
  expect_each_once(0, 10'000);
}

// The decision of a full connection and those of its owner cross each other.
TEST_F(PlacementTest, AMarketGivenBackLateIsNotHeldTwice) {
  make(100);
  want(0, 4);
  const auto book = *placement_->assignment().where(2);
  held_[book].erase(2);  // it gives it back; before we hear of it:
  const Id market[] = {2};
  obey(placement_->let_go(market));
  want(2, 3);
  obey(placement_->on_full(book, 0, market));
  EXPECT_EQ(lines(2), 1U);
}

}  // namespace
}  // namespace kd
