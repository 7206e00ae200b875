#include "coverage/interval_set.h"

#include <gtest/gtest.h>

#include <bitset>
#include <random>

namespace kd {
namespace {

IntervalSet set_of(std::initializer_list<Interval> all) {
  IntervalSet out;
  for (const auto& one : all) out.add(one);
  return out;
}

TEST(IntervalSetTest, JoinsWhatMeetsAndKeepsWhatDoesNot) {
  EXPECT_EQ(set_of({{10, 20}, {20, 30}}), set_of({{10, 30}}));
  const auto two = set_of({{30, 40}, {10, 20}});
  EXPECT_EQ(two.pieces().size(), 2U);
  EXPECT_EQ(set_of({{10, 20}, {30, 40}, {15, 35}}), set_of({{10, 40}}));
  EXPECT_TRUE(set_of({{20, 20}, {30, 10}}).empty());
}

TEST(IntervalSetTest, BeginsBehindItsFirstInstantAndIncludesItsLast) {
  const auto set = set_of({{10, 20}});
  EXPECT_FALSE(set.contains(10));
  EXPECT_TRUE(set.contains(11));
  EXPECT_TRUE(set.contains(20));
  EXPECT_FALSE(set.contains(21));
  EXPECT_TRUE(set.covers({10, 20}));
  EXPECT_FALSE(set.covers({9, 20}));
  EXPECT_FALSE(set.covers({10, 21}));
  EXPECT_TRUE(set.covers({99, 99}));
}

TEST(IntervalSetTest, HoldsEndsThatAreNotKnown) {
  auto set = set_of({{kEver, kNever}});
  set.remove({10, 20});
  EXPECT_TRUE(set.contains(10));
  EXPECT_FALSE(set.contains(20));
  EXPECT_EQ(set.within({0, 30}).total(), 20);
}

// Against a bitmap of instants.
TEST(IntervalSetTest, EqualsSetsOfInstants) {
  constexpr int kInstants = 64;
  using Bits = std::bitset<kInstants>;
  const auto bits = [](const IntervalSet& set) {
    Bits out;
    for (int at = 0; at < kInstants; ++at) out[static_cast<std::size_t>(at)] = set.contains(at);
    return out;
  };
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int64_t> instant(-1, kInstants - 1);
  for (int run = 0; run < 500; ++run) {
    IntervalSet set;
    Bits expected;
    for (int step = 0; step < 12; ++step) {
      const Interval one{instant(random), instant(random)};
      Bits mask = bits(set_of({one}));
      if (step % 3 == 2) {
        set.remove(one);
        expected &= ~mask;
      } else {
        set.add(one);
        expected |= mask;
      }
      ASSERT_EQ(bits(set), expected);
      ASSERT_EQ(bits(set.within(one)), expected & mask);
      ASSERT_EQ(bits(set.missing_in(one)), mask & ~expected);
      ASSERT_EQ(set.covers(one), (mask & ~expected).none());
      ASSERT_EQ(set.total(), static_cast<std::int64_t>(expected.count()));
      for (std::size_t i = 1; i < set.pieces().size(); ++i) {
        ASSERT_LT(set.pieces()[i - 1].to, set.pieces()[i].from);
      }
    }
  }
}

}  // namespace
}  // namespace kd
