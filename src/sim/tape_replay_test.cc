#include <gmock/gmock.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

#include "sim/recording.h"
#include "sim/replay.h"
#include "sim/tape_frames.h"

namespace kd::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kWallUs = 1'700'000'000'000'000;
constexpr std::int64_t kMonoUs = 5'000'000;

std::string u32(std::uint64_t value, int bytes = 4) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  return out;
}

std::string crc(const std::string& text) {
  return u32(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7f) | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}

std::string zigzag(std::int64_t value) {
  return varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

struct Frame {
  std::uint64_t connection;
  std::int64_t at_us;  // behind kWallUs and kMonoUs
  std::string text;
};

std::string block(std::uint32_t lane, const std::vector<Frame>& frames) {
  std::string raw;
  std::int64_t wall = 0, mono = 0;
  for (const Frame& frame : frames) {
    raw += '\x01' + varint(frame.connection) + zigzag(kWallUs + frame.at_us - wall) +
           zigzag(kMonoUs + frame.at_us - mono) + varint(frame.text.size()) + frame.text;
    wall = kWallUs + frame.at_us;
    mono = kMonoUs + frame.at_us;
  }
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1));
  const std::string head = "KDBK" + u32(packed.size()) + u32(raw.size()) + u32(frames.size()) +
                           u32(frames.size()) + u32(lane) + u32(0, 8) + u32(0, 8) + crc(packed);
  return head + crc(head) + packed;
}

std::string header(const std::string& gatherer) {
  const std::string head =
      "KDTAPE\r\n" + u32(1) + u32(gatherer.size()) + u32(kWallUs, 8) + gatherer;
  return head + crc(head);
}

std::string trade(const std::string& id) {
  return R"({"type":"trade","sid":1,"seq":1,"msg":{"trade_id":")" + id +
         R"(","market_ticker":"KXA-1","yes_price_dollars":"0.5000","count_fp":"1.00",)"
         R"("taker_outcome_side":"yes","ts_ms":1700000000000}})";
}

std::string snapshot() {
  return R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXA-1",)"
         R"("yes_dollars_fp":[["0.4000","10.00"]]}})";
}

std::string delta(const std::string& size) {
  return R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXA-1",)"
         R"("price_dollars":"0.4000","side":"yes","ts_ms":1700000000000,"delta_fp":")" +
         size + R"("}})";
}

class TapeReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_tape_" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(dir_ + "/" + name + ".kdtape", std::ios::binary) << bytes;
  }

  // Trade ids and changes of size in the order of play.
  std::vector<std::string> play() {
    std::vector<std::string> played;
    const auto recording = scan_recording(dir_);
    EXPECT_TRUE(recording) << recording.error().what;
    if (!recording) return played;
    World world;
    const auto plan = plan_replay(*recording, {0, false, false}, 1'800'000'000'000);
    auto milestones = build_replay_world(*recording, plan, world);
    Replay replay(*recording, plan, std::move(*milestones), world);
    FeedEvent event;
    while (replay.next_at()) {
      if (!*replay.take(event)) continue;
      played.push_back(event.kind == FeedKind::kTrade      ? event.trade_id
                       : event.kind == FeedKind::kSnapshot ? "book"
                                                           : std::to_string(event.size));
    }
    return played;
  }

  std::string dir_;
};

TEST_F(TapeReplayTest, ReadsTheWorkedExampleOfTheFormat) {
  const unsigned char bytes[] = {
      0x4b, 0x44, 0x54, 0x41, 0x50, 0x45, 0x0d, 0x0a, 0x01, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00,
      0x00, 0x80, 0x30, 0xb0, 0x94, 0xba, 0x58, 0x06, 0x00, 0x67, 0x2d, 0x31, 0x4e, 0x30, 0x93,
      0x0f, 0x4b, 0x44, 0x42, 0x4b, 0x31, 0x00, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x02, 0x00,
      0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x30, 0xb0, 0x94, 0xba,
      0x58, 0x06, 0x00, 0x5c, 0x36, 0xb0, 0x94, 0xba, 0x58, 0x06, 0x00, 0x62, 0xdc, 0xba, 0x2b,
      0x0e, 0x58, 0xd2, 0x16, 0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x28, 0x41, 0x01, 0x00, 0x03, 0x07,
      0x80, 0xc2, 0x81, 0xcb, 0xd2, 0xae, 0xac, 0x06, 0x80, 0xad, 0xe2, 0x04, 0x05, 0x74, 0x72,
      0x61, 0x64, 0x65, 0x01, 0x07, 0xb8, 0x17, 0xb8, 0x17, 0x0d, 0x7b, 0x22, 0x74, 0x79, 0x70,
      0x65, 0x22, 0x3a, 0x22, 0x6f, 0x6b, 0x22, 0x7d};
  write("g-1-20260811T003042Z-000001", {reinterpret_cast<const char*>(bytes), sizeof(bytes)});
  const auto segment = index_tape_segment(dir_ + "/g-1-20260811T003042Z-000001.kdtape");
  ASSERT_TRUE(segment) << segment.error().what;
  EXPECT_EQ(segment->gatherer, "g-1");
  EXPECT_EQ(segment->damaged_bytes, 0);
  ASSERT_EQ(segment->blocks.size(), 1U);
  auto records = TapeBlockReader::open(segment->blocks[0]);
  ASSERT_TRUE(records) << records.error().what;
  const auto opened = records->next();
  EXPECT_EQ(opened->kind, TapeKind::kOpened);
  EXPECT_EQ(opened->connection, 7U);
  EXPECT_EQ(opened->wall_us, 1'786'408'242'000'000);
  EXPECT_EQ(opened->text, "trade");
  const auto frame = records->next();
  EXPECT_EQ(frame->kind, TapeKind::kFrame);
  EXPECT_EQ(frame->mono_us, 5'001'500);
  EXPECT_EQ(frame->text, R"({"type":"ok"})");
  EXPECT_TRUE(records->done());
}

TEST_F(TapeReplayTest, LanesAreMergedAndTwinsPlayedOnce) {
  write("g-20260811T003042Z-000001",
        header("g") + block(0, {{1, 10, trade("a")}, {1, 30, trade("c")}, {1, 40, trade("c")}}) +
            block(1, {{2, 12, trade("a")}, {2, 20, trade("b")}, {2, 35, trade("c")}}));
  EXPECT_THAT(play(), ElementsAre("a", "b", "c", "c")) << "c came twice over connection 1";
}

TEST_F(TapeReplayTest, ABookIsPlayedFromTheStreamOfItsLatestSnapshot) {
  write("g-20260811T003042Z-000001",
        header("g") + block(0, {{1, 10, delta("7.00")},  // of a book that was never sent
                                {1, 11, snapshot()},
                                {1, 12, delta("1.00")},
                                {2, 13, snapshot()},
                                {1, 14, delta("2.00")},
                                {2, 15, delta("2.00")},
                                {2, 16, "no JSON"}}));
  EXPECT_THAT(play(), ElementsAre("book", "100", "book", "200"));
}

TEST_F(TapeReplayTest, WhatIsDamagedIsPassedOver) {
  std::string broken = block(0, {{1, 20, trade("b")}});
  broken.back() ^= 1;
  const std::string torn = block(0, {{1, 40, trade("d")}});
  write("g-20260811T003042Z-000001", header("g") + block(0, {{1, 10, trade("a")}}) + broken +
                                         "noise" + block(0, {{1, 30, trade("c")}}) +
                                         torn.substr(0, torn.size() - 3));
  EXPECT_THAT(play(), ElementsAre("a", "c"));
  EXPECT_EQ(index_tape_segment(dir_ + "/g-20260811T003042Z-000001.kdtape")->damaged_bytes,
            static_cast<std::int64_t>(5 + torn.size() - 3));
}

TEST_F(TapeReplayTest, ProcessesFollowOneAnother) {
  write("g-20260811T003042Z-000001", header("g") + block(0, {{1, 1000, trade("a")}}));
  write("g-20260811T003043Z-000002", header("g") + block(1, {{1, 2000, trade("b")}}));
  // Its clock began anew.
  write("g-20260811T003044Z-000001", header("g") + block(0, {{1, 10, trade("c")}}));
  EXPECT_THAT(play(), ElementsAre("a", "b", "c"));
}

TEST_F(TapeReplayTest, TapesOfSeveralGatherersAndOtherFilesAreRefused) {
  write("g-20260811T003042Z-000001", header("g") + block(0, {{1, 10, trade("a")}}));
  write("h-20260811T003042Z-000001", header("h") + block(0, {{1, 10, trade("a")}}));
  EXPECT_THAT(scan_recording(dir_).error().what, HasSubstr("tapes of g and h"));
  write("h-20260811T003042Z-000001", "KDTAPE");
  EXPECT_THAT(scan_recording(dir_).error().what, HasSubstr("no segment of a tape"));
}

}  // namespace
}  // namespace kd::sim
