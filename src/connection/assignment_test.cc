#include "connection/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kd {
namespace {

using Id = Assignment::Id;

std::pair<std::size_t, std::size_t> range(const Assignment& assignment) {
  const auto loads = assignment.loads();
  const auto [least, most] = std::ranges::minmax_element(loads);
  return {*least, *most};
}

TEST(AssignmentTest, BalancesWithinOne) {
  Assignment assignment(144, 7'500, "g1");
  for (Id i = 0; i < 10'000; ++i) ASSERT_TRUE(assignment.add(i));
  const auto [least, most] = range(assignment);
  EXPECT_LE(most - least, 1U);
}

TEST(AssignmentTest, FillsTheHolesThatRemovalsLeave) {
  Assignment assignment(10, 7'500, "g1");
  for (Id i = 0; i < 1'000; ++i) assignment.add(i);
  for (const auto market : assignment.all_of(3)) EXPECT_EQ(assignment.remove(market), 3U);
  for (Id i = 1'000; i < 1'090; ++i) EXPECT_EQ(assignment.add(i), 3U);
}

TEST(AssignmentTest, TwoGatherersPlaceTheSameMarketsDifferently) {
  Assignment a(8, 100, "g1");
  Assignment b(8, 100, "g2");
  int different = 0;
  for (Id i = 0; i < 80; ++i) different += a.add(i) != b.add(i) ? 1 : 0;
  EXPECT_GT(different, 40);
}

TEST(AssignmentTest, KeepsToTheCapAndTellsWhatDidNotFit) {
  Assignment assignment(2, 1, "g1");
  EXPECT_TRUE(assignment.add(0));
  EXPECT_TRUE(assignment.add(1));
  EXPECT_FALSE(assignment.add(2));
  EXPECT_FALSE(assignment.add(2)) << "wanting it again changes nothing";
  EXPECT_EQ(assignment.unplaced(), 1U);
  EXPECT_EQ(assignment.take_unplaced(9), std::vector<Id>{2});
  EXPECT_EQ(assignment.unplaced(), 0U);
  const auto freed = assignment.remove(0);
  EXPECT_EQ(assignment.add(2), freed);
  EXPECT_FALSE(assignment.remove(0));
}

TEST(AssignmentTest, ACappedConnectionTakesNoMoreUntilItIsUncapped) {
  Assignment assignment(2, 100, "g1");
  const auto first = assignment.add(0);
  ASSERT_TRUE(first);
  assignment.cap(*first, 1);
  for (Id market = 1; market < 4; ++market) EXPECT_EQ(assignment.add(market), 1 - *first);
  assignment.uncap(*first);
  EXPECT_EQ(assignment.add(4), *first);
}

TEST(AssignmentTest, AMarketLetGoWhileItHadNoPlaceIsNotWantedAnyMore) {
  Assignment assignment(1, 1, "g1");
  assignment.add(0);
  assignment.add(1);
  EXPECT_EQ(assignment.wanted(), 2U);
  EXPECT_FALSE(assignment.remove(1));
  EXPECT_EQ(assignment.wanted(), 1U);
  EXPECT_TRUE(assignment.take_unplaced(9).empty());
}

TEST(AssignmentTest, UnplacedMarketsThatComeAndGoDoNotPileUp) {
  Assignment assignment(0, 1, "g1");
  for (int i = 0; i < 100'000; ++i) {
    assignment.add(1);
    assignment.remove(1);
  }
  assignment.add(1);
  EXPECT_LT(assignment.bytes(), 2'000U);
  EXPECT_EQ(assignment.take_unplaced(9), std::vector<Id>{1});
}

TEST(AssignmentTest, WithoutConnectionsNothingHasAPlace) {
  Assignment assignment(0, 100, "g1");
  EXPECT_FALSE(assignment.add(0));
  EXPECT_EQ(assignment.unplaced(), 1U);
}

TEST(AssignmentTest, AMoveChangesBothLoadsAndBestAvoidsTheSource) {
  Assignment assignment(3, 100, "g1");
  for (Id i = 0; i < 30; ++i) assignment.add(i);
  const auto from = *assignment.where(7);
  const auto to = assignment.best(7, from);
  ASSERT_TRUE(to);
  EXPECT_NE(*to, from);
  assignment.move(7, *to);
  EXPECT_EQ(assignment.where(7), *to);
  EXPECT_EQ(assignment.load(from), 9U);
  EXPECT_EQ(assignment.load(*to), 11U);
}

TEST(AssignmentTest, SomeOfGoesRound) {
  Assignment assignment(2, 100, "g1");
  for (Id i = 0; i < 20; ++i) assignment.add(i);
  Id cursor = 0;
  auto seen = assignment.some_of(0, 6, cursor);
  const auto more = assignment.some_of(0, 4, cursor);
  seen.insert(seen.end(), more.begin(), more.end());
  std::ranges::sort(seen);
  auto all = assignment.all_of(0);
  std::ranges::sort(all);
  EXPECT_EQ(seen, all);
}

TEST(AssignmentTest, AMillionMarketsTakeFourBytesEachAtMost) {
  Assignment assignment(144, 7'500, "g1");
  for (Id i = 0; i < 1'000'000; ++i) ASSERT_TRUE(assignment.add(i));
  const auto [least, most] = range(assignment);
  EXPECT_LE(most - least, 1U);
  EXPECT_LE(assignment.bytes(), 4'200'000U);
}

}  // namespace
}  // namespace kd
