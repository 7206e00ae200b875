#include "sim/recording.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/gzip_lines.h"
#include "sim/replay.h"

namespace kd::sim {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kStart = 1'700'000'000'000;

std::string delta_line(std::int64_t recv_ms, std::int64_t ts_ms, const std::string& ticker,
                       const std::string& ts = "2023-11-14T22:13:20.500123Z") {
  return R"({"recv_ms":)" + std::to_string(recv_ms) +
         R"(,"event":{"type":"orderbook_delta","sid":7,"seq":99,"msg":{"market_ticker":")" +
         ticker +
         R"(","market_id":"m-1","price_dollars":"0.4100","delta_fp":"5.00","side":"yes","ts":")" +
         ts + R"(","ts_ms":)" + std::to_string(ts_ms) + "}}}\n";
}

class RecordingTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_recording_" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string file(const std::string& window, const std::string& day = "2023-11-14") {
    std::filesystem::create_directories(dir_ + "/events/" + window);
    return dir_ + "/events/" + window + "/" + day + ".ndjson.gz";
  }
  void write(const std::string& window, const std::string& lines) {
    ASSERT_TRUE(append_gzip_member(file(window), lines));
  }
  void write_metadata(const std::string& event, const std::string& text) {
    std::filesystem::create_directories(dir_ + "/metadata");
    std::ofstream(dir_ + "/metadata/" + event + ".json") << text;
  }

  // Plays it all; `now_ms` is the real time at the start.
  std::vector<FeedEvent> play(const ReplayOptions& options, std::int64_t now_ms) {
    std::vector<FeedEvent> events;
    const auto recording = scan_recording(dir_);
    EXPECT_TRUE(recording) << recording.error().what;
    const auto plan = plan_replay(*recording, options, now_ms);
    auto milestones = build_replay_world(*recording, plan, world_);
    EXPECT_TRUE(milestones);
    Replay replay(*recording, plan, std::move(*milestones), world_);
    while (replay.next_at()) {
      FeedEvent event;
      const auto taken = replay.take(event);
      EXPECT_TRUE(taken) << taken.error().what;
      if (*taken) events.push_back(event);
    }
    return events;
  }

  std::string dir_;
  World world_;
};

TEST_F(RecordingTest, EveryWindowStartsAtTheReplaysStartByOneShift) {
  write("A", delta_line(kStart, kStart - 5, "A") + delta_line(kStart + 900, kStart + 700, "A"));
  write("B", delta_line(kStart + 86'400'000, kStart + 86'399'990, "B"));
  const auto events = play({1, false, false}, kStart + 1'000'000);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].ts_ms, kStart + 999'995);
  EXPECT_EQ(events[1].ts_ms, kStart + 999'990);
  EXPECT_EQ(events[2].ts_ms, kStart + 1'000'700);
  EXPECT_EQ(events[2].sending_ms, kStart + 1'000'900);
  EXPECT_THAT(events[2].msg, HasSubstr("\"ts_ms\":" + std::to_string(kStart + 1'000'700)));
}

TEST_F(RecordingTest, FasterThanLifeEndsAtAboutNow) {
  write("A", delta_line(kStart, kStart, "A") + delta_line(kStart + 10'000, kStart + 10'000, "A"));
  EXPECT_EQ(play({0, false, false}, kStart + 50'000).back().ts_ms, kStart + 50'000);
  world_ = World();
  EXPECT_EQ(play({10, false, false}, kStart + 50'000).back().ts_ms, kStart + 51'000);
}

TEST_F(RecordingTest, OriginalTimesStayAsTheyWere) {
  write("A", delta_line(kStart, kStart, "A"));
  write("B", delta_line(kStart + 77'000, kStart + 77'000, "B"));
  const auto events = play({0, true, false}, kStart + 1'000'000);
  EXPECT_EQ(events[0].ts_ms, kStart);
  EXPECT_EQ(events[1].ts_ms, kStart + 77'000);
  EXPECT_EQ(events[1].sending_ms, kStart + 77'001);
}

TEST_F(RecordingTest, StampsAreCutToMillisecondsOnRequest) {
  write("A", delta_line(kStart, kStart + 500, "A"));
  const auto fine = play({1, true, false}, kStart).at(0);
  EXPECT_EQ(fine.ts_us, kStart * 1000 + 500'123);
  EXPECT_THAT(fine.msg, HasSubstr(R"("ts":"2023-11-14T22:13:20.500123Z")"));
  world_ = World();
  const auto cut = play({1, true, true}, kStart).at(0);
  EXPECT_EQ(cut.ts_us, kNoTime);
  EXPECT_THAT(cut.msg, HasSubstr(R"("ts":"2023-11-14T22:13:20.5Z")"));
}

TEST_F(RecordingTest, SendingTimeNeverStepsBackAndLiesAfterTheStamp) {
  write("A", delta_line(kStart, kStart + 40, "A") + delta_line(kStart - 30, kStart - 35, "A"));
  const auto events = play({1, true, false}, kStart);
  EXPECT_EQ(events[0].sending_ms, kStart + 41);
  EXPECT_EQ(events[1].sending_ms, kStart + 41);
}

TEST_F(RecordingTest, TornFilesAreRefusedByNameAndLine) {
  const std::string whole = delta_line(kStart, kStart, "A") + delta_line(kStart, kStart, "A");
  write("A", whole.substr(0, whole.size() - 20));
  auto scanned = scan_recording(dir_);
  ASSERT_FALSE(scanned);
  EXPECT_THAT(scanned.error().what, HasSubstr("A/2023-11-14.ndjson.gz:2: not JSON"));

  std::filesystem::resize_file(file("A"), std::filesystem::file_size(file("A")) - 12);
  scanned = scan_recording(dir_);
  ASSERT_FALSE(scanned);
  EXPECT_THAT(scanned.error().what, HasSubstr("ends in the middle of its gzip data"));
}

TEST_F(RecordingTest, LinesWithoutReceiveTimeAreRefused) {
  write("A", R"({"event":{"type":"trade"}})"
             "\n");
  const auto scanned = scan_recording(dir_);
  ASSERT_FALSE(scanned);
  EXPECT_THAT(scanned.error().what, HasSubstr(":1: no integer recv_ms"));
}

TEST_F(RecordingTest, FramesThatCannotBePlayedAreCountedAndPassedOver) {
  write("A", delta_line(kStart, kStart, "A") +
                 R"({"recv_ms":1,"event":{"type":"ok","id":4}})"
                 "\n" +
                 R"({"recv_ms":1,"event":{"type":"future_type","msg":{"x":1}}})"
                 "\n" +
                 R"({"recv_ms":1,"event":{"type":"orderbook_delta","msg":{"market_ticker":"A"}}})"
                 "\n" +
                 delta_line(kStart + 1, kStart, "A"));
  const auto scanned = scan_recording(dir_);
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->frames, 2U);
  EXPECT_EQ(scanned->not_played.size(), 3U);
  EXPECT_EQ(play({1, true, false}, kStart).size(), 2U);
}

TEST_F(RecordingTest, SeveralFilesOfAWindowPlayInOrder) {
  ASSERT_TRUE(append_gzip_member(file("A", "2023-11-15"), delta_line(kStart + 2, kStart + 2, "A")));
  ASSERT_TRUE(append_gzip_member(file("A", "2023-11-14"), delta_line(kStart, kStart, "A")));
  ASSERT_TRUE(append_gzip_member(file("A", "2023-11-14"), delta_line(kStart + 1, kStart + 1, "A")));
  const auto events = play({1, true, false}, kStart);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].ts_ms, kStart + 1);
  EXPECT_EQ(events[2].ts_ms, kStart + 2);
}

TEST_F(RecordingTest, MarketsWithoutMetadataAreMadeUpFromTheirTickers) {
  write("A", delta_line(kStart, kStart, "KXS-26AUG-T3.50"));
  play({1, false, false}, kStart);
  const auto market = world_.find_market("KXS-26AUG-T3.50");
  ASSERT_TRUE(market);
  EXPECT_EQ(world_.event(world_.market(*market).event).ticker, "KXS-26AUG");
  EXPECT_TRUE(world_.find_series("KXS"));
  EXPECT_EQ(world_.market(*market).texts->id, "m-1");
  EXPECT_EQ(status_at(world_.market(*market), kStart), MarketStatus::kActive);
}

TEST_F(RecordingTest, MetadataShowEachMarketAsOfTheClockAndBringItsLifecycle) {
  write("E-1",
        delta_line(kStart, kStart, "E-1") + delta_line(kStart + 60'000, kStart + 59'000, "E-1"));
  write_metadata("E", R"({"response":{"event":{"event_ticker":"E","series_ticker":"S","title":"t"},
      "markets":[{"ticker":"E-1","open_time":"2023-11-14T22:13:00Z","close_time":"2023-11-14T22:14:00Z",
      "settlement_ts":"2023-11-14T22:14:05.5Z","settlement_timer_seconds":1,"result":"yes",
      "floor_strike":114873.12,"status":"finalized","expected_expiration_time":"2023-11-14T22:20:00Z"}]}})");
  const auto events = play({1, false, false}, kStart + 3000);
  const Market& market = world_.market(*world_.find_market("E-1"));
  EXPECT_EQ(status_at(market, kStart + 3000), MarketStatus::kActive);
  EXPECT_EQ(status_at(market, kStart + 43'000), MarketStatus::kClosed);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[2].lifecycle_type, "determined");
  EXPECT_EQ(events[3].lifecycle_type, "settled");
  EXPECT_GT(market.times.determined, kStart + 3000 + 60'000) << "after the last recorded frame";
  EXPECT_EQ(status_at(market, market.times.settled), MarketStatus::kFinalized);
  EXPECT_THAT(market.texts->fixed_members, HasSubstr(R"("floor_strike":114873.12)"));
  EXPECT_THAT(market.texts->fixed_members,
              HasSubstr(R"("expected_expiration_time":"2023-11-14T22:20:03Z")"));
}

TEST_F(RecordingTest, DamagedMetadataAreRefusedByName) {
  write("E-1", delta_line(kStart, kStart, "E-1"));
  write_metadata("E", "{\"resp");
  const auto recording = scan_recording(dir_);
  ASSERT_TRUE(recording);
  const auto built = build_replay_world(*recording, plan_replay(*recording, {}, kStart), world_);
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().what, HasSubstr("metadata/E.json: not JSON"));
}

TEST_F(RecordingTest, FolderWithoutEventsIsNoRecording) {
  const auto scanned = scan_recording(dir_);
  ASSERT_FALSE(scanned);
  EXPECT_THAT(scanned.error().what, HasSubstr("no folder events/"));
}

}  // namespace
}  // namespace kd::sim
