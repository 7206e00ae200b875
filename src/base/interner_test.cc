#include "base/interner.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace kd {
namespace {

TEST(InternerTest, GivesEachTextOneNumber) {
  Interner interner;
  EXPECT_EQ(interner.intern("A"), 0U);
  EXPECT_EQ(interner.intern("B"), 1U);
  EXPECT_EQ(interner.intern("A"), 0U);
  EXPECT_EQ(interner.find("B"), 1U);
  EXPECT_EQ(interner.find("C"), Interner::kNone);
  EXPECT_EQ(interner.name(1), "B");
}

TEST(InternerTest, KeepsTextsWhereTheyAre) {
  Interner interner;
  const auto first = interner.name(interner.intern("KXFIRST-26NOV22"));
  for (int i = 0; i < 100'000; ++i) interner.intern("KXM-" + std::to_string(i));
  EXPECT_EQ(first.data(), interner.name(0).data());
  EXPECT_EQ(first, "KXFIRST-26NOV22");
  EXPECT_EQ(interner.name(interner.find("KXM-99999")), "KXM-99999");
  EXPECT_EQ(interner.intern(std::string(100'000, 'x')), 100'001U);
}

TEST(InternerTest, AgreesAcrossThreads) {
  Interner interner;
  std::vector<std::vector<Interner::Id>> ids(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : ids) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20'000; ++i) mine.push_back(interner.intern(std::to_string(i)));
        for (int i = 0; i < 20'000; ++i) {
          ASSERT_EQ(interner.name(mine[static_cast<std::size_t>(i)]), std::to_string(i));
        }
      });
    }
  }
  EXPECT_EQ(interner.size(), 20'000U);
  for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace kd
