#include "sim/readiness.h"

#include <gtest/gtest.h>

namespace kd::sim {
namespace {

TEST(ReadinessTest, AFewAreLookedAtWhole) {
  Readiness readiness;
  std::size_t missing = 2;
  const auto lacks = [&](std::size_t i) { return i == missing; };
  EXPECT_FALSE(readiness.look(4, 100, lacks));
  missing = 0;
  EXPECT_FALSE(readiness.look(4, 100, lacks));
  missing = 9;
  EXPECT_TRUE(readiness.look(4, 100, lacks));
  missing = 3;
  EXPECT_FALSE(readiness.look(4, 100, lacks)) << "ready is not for ever";
}

TEST(ReadinessTest, ManyTakeSeveralLooksOfBoundedCost) {
  Readiness readiness;
  std::size_t asked = 0;
  const auto lacks = [&](std::size_t) { return ++asked == 0; };
  int looks = 1;
  while (!readiness.look(1000, 100, lacks)) ++looks;
  EXPECT_EQ(looks, 10);
  EXPECT_EQ(asked, 1000U);
}

}  // namespace
}  // namespace kd::sim
