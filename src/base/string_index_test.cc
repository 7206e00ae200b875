#include "base/string_index.h"

#include <gtest/gtest.h>

#include <string>

namespace kd {
namespace {

TEST(StringIndexTest, NumbersInOrderOfFirstAppearance) {
  StringIndex index;
  EXPECT_EQ(index.find("A"), StringIndex::kNone);
  EXPECT_EQ(index.find_or_add("A"), 0U);
  EXPECT_EQ(index.find_or_add("B"), 1U);
  EXPECT_EQ(index.find_or_add("A"), 0U);
  EXPECT_EQ(index.name(1), "B");
}

TEST(StringIndexTest, KeepsItsNumbersWhileItGrows) {
  StringIndex index;
  for (std::uint32_t i = 0; i < 10'000; ++i)
    ASSERT_EQ(index.find_or_add("T" + std::to_string(i)), i);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(index.find("T" + std::to_string(i)), i);
    ASSERT_EQ(index.name(i), "T" + std::to_string(i));
  }
}

}  // namespace
}  // namespace kd
