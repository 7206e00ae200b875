#include "sim/recorder.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "sim/exchange.h"
#include "sim/recording.h"
#include "sim/replay.h"
#include "sim/synthetic_feed.h"

namespace kd::sim {
namespace {

constexpr std::int64_t kStart = 1'795'356'000'000;

class RecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_recorder_test_" + std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(RecorderTest, WhatItWritesReplaysToTheSameTrafficAndTheSameBooks) {
  Exchange played{SessionLimits{}};
  auto recorder = Recorder::create(dir_);
  ASSERT_TRUE(recorder);
  played.record_to(std::move(*recorder));
  SyntheticFeed feed(played, {20, 0, 2000, 5, 6}, kStart);
  for (std::int64_t now = kStart; now < kStart + 15'000; now += 4) {
    ASSERT_TRUE(feed.play(now, 100'000));
  }
  ASSERT_TRUE(played.finish(kStart + 15'000));

  const auto recording = scan_recording(dir_);
  ASSERT_TRUE(recording) << recording.error().what;
  EXPECT_TRUE(recording->not_played.empty());
  const auto plan = plan_replay(*recording, {0, true, false}, kStart);
  Exchange replayed{SessionLimits{}};
  auto milestones = build_replay_world(*recording, plan, replayed.world);
  ASSERT_TRUE(milestones);
  Replay replay(*recording, plan, std::move(*milestones), replayed.world);
  FeedEvent event;
  while (replay.next_at()) {
    ASSERT_TRUE(replay.take(event));
    replayed.publish(event);
  }
  EXPECT_EQ(replayed.emitted().deltas, played.emitted().deltas);
  EXPECT_EQ(replayed.emitted().trades, played.emitted().trades);
  EXPECT_EQ(replayed.emitted().tickers, played.emitted().tickers);
  for (MarketIndex at = 0; at < replayed.world.market_count(); ++at) {
    const Market& market = replayed.world.market(at);
    const Market& original = played.world.market(*played.world.find_market(market.ticker));
    EXPECT_EQ(market.last_sending == 0 ? original.book.side(true) : market.book.side(true),
              original.book.side(true))
        << market.ticker;
  }
}

TEST_F(RecorderTest, RefusesAFolderThatHoldsARecording) {
  ASSERT_TRUE(Recorder::create(dir_));
  const auto again = Recorder::create(dir_);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, testing::HasSubstr("holds a recording already"));
}

}  // namespace
}  // namespace kd::sim
