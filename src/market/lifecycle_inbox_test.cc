#include "market/lifecycle_inbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace kd {
namespace {

LifecycleNews news(std::uint8_t kinds, std::uint32_t close_s = 0) {
  return {.kinds = kinds, .open_s = 0, .close_s = close_s};
}

TEST(LifecycleInboxTest, KeepsTheNewestWordOfEachKind) {
  LifecycleInbox inbox;
  EXPECT_TRUE(inbox.put(3, news(LifecycleNews::kDeactivated)));
  EXPECT_FALSE(inbox.put(3, news(LifecycleNews::kCloseMoved, 100)));
  EXPECT_FALSE(inbox.put(3, news(LifecycleNews::kCloseMoved, 50)));
  EXPECT_FALSE(inbox.put(3, news(LifecycleNews::kActivated)));
  const auto items = inbox.take();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].news.kinds, LifecycleNews::kActivated | LifecycleNews::kCloseMoved);
  EXPECT_EQ(items[0].news.close_s, 50U);
  EXPECT_TRUE(inbox.take().empty());
  EXPECT_TRUE(inbox.put(3, news(LifecycleNews::kChanged))) << "the reader has to be woken again";
}

TEST(LifecycleInboxTest, ABurstOfAMillionEventsNeedsRoomForItsMarketsOnly) {
  constexpr Interner::Id kMarkets = 1'000;
  LifecycleInbox inbox;
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < 4; ++t) {
      readers.emplace_back([&] {
        for (Interner::Id i = 0; i < 250'000; ++i) {
          inbox.put(i % kMarkets, news(LifecycleNews::kCloseMoved, i + 1));
        }
        for (Interner::Id i = 0; i < kMarkets; i += 2) inbox.put(i, news(LifecycleNews::kSettled));
      });
    }
  }
  const auto items = inbox.take();
  ASSERT_EQ(items.size(), kMarkets);
  for (const auto& item : items) {
    EXPECT_EQ((item.news.kinds & LifecycleNews::kSettled) != 0, item.id % 2 == 0);
  }
}

}  // namespace
}  // namespace kd
