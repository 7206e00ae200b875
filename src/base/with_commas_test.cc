#include "base/with_commas.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(WithCommasTest, PutsACommaBetweenThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace kd
