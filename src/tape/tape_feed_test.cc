#include "tape/tape_feed.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Micros kWall = micros_from_us(1'786'408'242'000'000);
const TapeFeed::MonoTime kMono{};

class TapeFeedTest : public testing::Test {
 protected:
  TapeFeed& make(std::size_t block_bytes, std::size_t memory_bytes) {
    return feed_.emplace(
        TapeFeed::Options{.lane = 3, .block_bytes = block_bytes, .memory_bytes = memory_bytes},
        [this] { ++wakes_; });
  }
  void frame(std::string_view text, int after_us = 0) {
    feed_->frame(1, text, kWall + std::chrono::microseconds(after_us), kMono);
  }
  std::vector<TapeBatch> take(bool begun_too = true) {
    std::vector<TapeBatch> taken;
    feed_->take(taken, begun_too);
    return taken;
  }
  static std::vector<std::string> texts(const std::vector<TapeBatch>& batches) {
    std::vector<std::string> texts;
    for (const auto& batch : batches) {
      TapeRecordReader reader(batch.raw);
      for (TapeRecord record; reader.next(record);) {
        texts.push_back(std::string(name_of(record.kind)) + " " + std::string(record.text));
      }
      EXPECT_TRUE(reader.complete());
    }
    return texts;
  }

  int wakes_ = 0;
  std::optional<TapeFeed> feed_;
};

TEST_F(TapeFeedTest, KeepsEveryKindOfRecordInOrder) {
  auto& feed = make(1 << 20, 1 << 20);
  feed.opened(1, "trade", kWall, kMono);
  feed.sent(1, "subscribe", kWall, kMono);
  feed.frame(1, "{}", kWall, kMono);
  feed.closed(1, "cut", kWall, kMono);
  const auto taken = take();
  EXPECT_THAT(texts(taken),
              ElementsAre("opened trade", "sent subscribe", "frame {}", "closed cut"));
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].header.records, 4U);
  EXPECT_EQ(taken[0].header.frames, 1U);
  EXPECT_EQ(taken[0].header.lane, 3U);
  EXPECT_TRUE(take().empty());
}

TEST_F(TapeFeedTest, TellsOfAFullBlockAndLeavesTheBegunOneUntilAskedFor) {
  make(25, 1 << 20);
  frame("a frame longer than a block");
  EXPECT_EQ(wakes_, 1);
  frame("b");
  EXPECT_EQ(wakes_, 1);
  EXPECT_THAT(texts(take(false)), ElementsAre("frame a frame longer than a block"));
  EXPECT_THAT(texts(take(true)), ElementsAre("frame b"));
}

TEST_F(TapeFeedTest, ABlockKnowsItsTimesWhenTheClockStepsBack) {
  make(1 << 20, 1 << 20);
  frame("a", 50);
  frame("b", -70);
  frame("c", 20);
  const auto taken = take();
  EXPECT_EQ(taken[0].header.earliest, kWall - std::chrono::microseconds(70));
  EXPECT_EQ(taken[0].header.latest, kWall + std::chrono::microseconds(50));
}

TEST_F(TapeFeedTest, WhatDoesNotFitIsCountedAndNotedWhereItIsMissing) {
  make(50, 200);
  std::uint64_t offered_bytes = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string text = "frame number " + std::to_string(i);
    offered_bytes += text.size();
    frame(text, i);
  }
  auto taken = take();
  TapeLoss taped;
  for (const auto& batch : taken) taped.add(batch.as_loss());
  const auto lost = feed_->take_loss();
  EXPECT_GT(taped.frames, 0U);
  EXPECT_GT(lost.frames, 0U);
  EXPECT_EQ(taped.frames + lost.frames, 100U);
  EXPECT_EQ(taped.bytes + lost.bytes, offered_bytes);
  EXPECT_EQ(lost.to, kWall + std::chrono::microseconds(99));
  EXPECT_FALSE(feed_->take_loss().any()) << "told once";

  for (auto& batch : taken) feed_->release(std::move(batch));
  frame("again");
  EXPECT_THAT(
      texts(take()),
      ElementsAre(HasSubstr("lost {\"frames\":" + std::to_string(lost.frames)), "frame again"));
}

TEST_F(TapeFeedTest, MemoryIsHeldUntilItIsReleased) {
  make(1 << 20, 300);
  frame(std::string(200, 'a'));
  auto taken = take();
  frame(std::string(200, 'b'));
  EXPECT_EQ(feed_->take_loss().frames, 1U) << "the first is still being written";
  feed_->release(std::move(taken[0]));
  frame(std::string(50, 'c'));
  EXPECT_FALSE(feed_->take_loss().any());
}

TEST_F(TapeFeedTest, AFrameThatNoReaderWouldTakeIsLost) {
  make(1 << 10, 64 << 20);
  frame(std::string(9 << 20, 'x'));
  EXPECT_EQ(feed_->take_loss().bytes, 9U << 20);
  frame("y");
  EXPECT_EQ(texts(take()).back(), "frame y");
}

}  // namespace
}  // namespace kd
