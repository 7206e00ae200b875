#include "base/paged_array.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(PagedArrayTest, NeverMovesWhatItHolds) {
  PagedArray<int> array;
  int& first = array.at(3);
  first = 7;
  array.at(1'000'000) = 1;
  EXPECT_EQ(&first, &array.at(3));
  EXPECT_EQ(*array.find(3), 7);
  EXPECT_EQ(*array.find(4), 0);
  EXPECT_EQ(array.find(500'000), nullptr);
  EXPECT_EQ(array.find(50'000'000), nullptr);
  EXPECT_GT(array.end_index(), 1'000'000U);
  EXPECT_LT(array.bytes(), 60'000U);
}

}  // namespace
}  // namespace kd
