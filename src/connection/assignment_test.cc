#include "connection/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kd {
namespace {

TEST(AssignmentTest, BalancesWithinOne) {
  Assignment assignment(144, 7'500, "g1");
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(assignment.add("T" + std::to_string(i)));
  std::size_t least = 10'000;
  std::size_t most = 0;
  for (std::size_t c = 0; c < 144; ++c) {
    least = std::min(least, assignment.load(c));
    most = std::max(most, assignment.load(c));
  }
  EXPECT_LE(most - least, 1U);
}

TEST(AssignmentTest, TwoGatherersPlaceTheSameMarketsDifferently) {
  Assignment a(8, 100, "g1");
  Assignment b(8, 100, "g2");
  int different = 0;
  for (int i = 0; i < 80; ++i) {
    const auto ticker = "T" + std::to_string(i);
    different += a.add(ticker) != b.add(ticker) ? 1 : 0;
  }
  EXPECT_GT(different, 40);
}

TEST(AssignmentTest, KeepsToTheCapAndTellsWhatDidNotFit) {
  Assignment assignment(2, 1, "g1");
  EXPECT_TRUE(assignment.add("A"));
  EXPECT_TRUE(assignment.add("B"));
  EXPECT_FALSE(assignment.add("C"));
  EXPECT_EQ(assignment.take_unplaced(), std::vector<std::string>{"C"});
  EXPECT_EQ(assignment.unplaced(), 0U);
  const auto freed = assignment.remove("A");
  EXPECT_EQ(assignment.add("C"), freed);
  EXPECT_FALSE(assignment.remove("A"));
}

TEST(AssignmentTest, ACappedConnectionTakesNoMore) {
  Assignment assignment(2, 100, "g1");
  const auto first = assignment.add("A");
  ASSERT_TRUE(first);
  assignment.cap(*first);
  for (const auto* ticker : {"B", "C", "D"}) EXPECT_EQ(assignment.add(ticker), 1 - *first);
}

TEST(AssignmentTest, AMarketLetGoWhileItHadNoPlaceIsNotWantedAnyMore) {
  Assignment assignment(1, 1, "g1");
  assignment.add("A");
  assignment.add("B");
  EXPECT_EQ(assignment.wanted(), 2U);
  EXPECT_FALSE(assignment.remove("B"));
  EXPECT_EQ(assignment.wanted(), 1U);
  EXPECT_TRUE(assignment.take_unplaced().empty());
}

TEST(AssignmentTest, WithoutConnectionsNothingHasAPlace) {
  Assignment assignment(0, 100, "g1");
  EXPECT_FALSE(assignment.add("A"));
  EXPECT_EQ(assignment.unplaced(), 1U);
}

}  // namespace
}  // namespace kd
