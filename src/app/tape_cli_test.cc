#include "app/tape_cli.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "app/exit_code.h"
#include "codec/tape_block.h"
#include "codec/tape_record.h"

namespace kd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Micros kStart = micros_from_us(1'786'408'242'000'000);
constexpr const char* kTrade =
    R"({"type":"trade","sid":2,"seq":9,"msg":{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641",)"
    R"("market_ticker":"KX-1","yes_price_dollars":"0.3600","count_fp":"136.00",)"
    R"("taker_side":"no","ts":1786408242,"ts_ms":1786408242445}})";
constexpr const char* kNews = R"({"type":"news","msg":{}})";

std::string block_of(const std::vector<TapeRecord>& records) {
  TapeRecordWriter writer;
  std::string raw;
  std::uint32_t frames = 0;
  for (const auto& record : records) {
    writer.append(raw, record);
    if (record.kind == TapeKind::kFrame) ++frames;
  }
  TapeCompressor compressor;
  return std::string(compressor.block({.compressed_bytes = 0,
                                       .raw_bytes = 0,
                                       .records = static_cast<std::uint32_t>(records.size()),
                                       .frames = frames,
                                       .lane = 0,
                                       .earliest = records.front().wall,
                                       .latest = records.back().wall},
                                      raw));
}

// A directory with one segment of two blocks, and the command line.
class TapeCliTest : public testing::Test {
 protected:
  TapeCliTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("kd-tape-cli-" + std::to_string(::getpid()))),
        segment_(directory_ / "g-1-20260811T003042Z-000001.kdtape") {
    std::filesystem::create_directories(directory_);
    first_ = block_of({record(TapeKind::kOpened, 7, 0, "trade"), record(TapeKind::kSent, 7, 1, "s"),
                       record(TapeKind::kFrame, 7, 2, kTrade)});
    second_ = block_of({record(TapeKind::kFrame, 8, 1'000'000, kTrade),
                        record(TapeKind::kClosed, 7, 1'000'001, "cut")});
    write(header() + first_ + second_);
  }
  ~TapeCliTest() override { std::filesystem::remove_all(directory_); }

  static TapeRecord record(TapeKind kind, std::int32_t connection, int us, std::string_view text) {
    const std::chrono::microseconds after(us);
    return {kind, connection, kStart + after, after, text};
  }
  static std::string header() {
    return encode_tape_header({.gatherer_id = "g-1", .start = kStart});
  }
  void write(const std::string& bytes) { std::ofstream(segment_) << bytes; }

  int run(std::vector<std::string> arguments) {
    CLI::App cli;
    std::function<int()> action = [] { return -1; };
    add_tape_commands(cli, [&](std::function<int()> chosen) { action = std::move(chosen); });
    arguments.insert(arguments.begin(), "tape");
    std::reverse(arguments.begin(), arguments.end());
    cli.parse(arguments);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = action();
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  const std::filesystem::path directory_;
  const std::filesystem::path segment_;
  std::string first_;
  std::string second_;
  std::string out_;
  std::string err_;
};

TEST_F(TapeCliTest, CatGivesTheFramesAsTheyWere) {
  EXPECT_EQ(run({"cat", "--format", "raw", directory_}), kExitOk);
  EXPECT_EQ(out_, std::string(kTrade) + "\n" + kTrade + "\n");
}

TEST_F(TapeCliTest, CatGivesEveryRecordAsAnObject) {
  EXPECT_EQ(run({"cat", segment_}), kExitOk);
  EXPECT_THAT(
      out_, AllOf(testing::StartsWith(R"({"recv_us":1786408242000000,"mono_us":0,"connection":7,)"
                                      R"("kind":"opened","note":"trade"})"),
                  HasSubstr(R"("mono_us":1,"connection":7,"kind":"sent","frame":"s"})"),
                  HasSubstr(R"("kind":"frame","frame":"{\"type\":\"trade\",)"),
                  HasSubstr(R"("mono_us":1000001,"connection":7,"kind":"closed","note":"cut"})")));
}

TEST_F(TapeCliTest, CatGivesOneConnectionAndAStretchOfTime) {
  EXPECT_EQ(run({"cat", "--connection", "8", directory_}), kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr(R"("connection":8)"), Not(HasSubstr(R"("connection":7)"))));
  EXPECT_EQ(run({"cat", "--from", "2026-08-11T00:30:42.000001Z", "--to",
                 "2026-08-11T00:30:43.000001Z", directory_}),
            kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("sent"), HasSubstr(R"("connection":8)"),
                          Not(HasSubstr("opened")), Not(HasSubstr("closed"))));
}

TEST_F(TapeCliTest, ATornTailIsToldAndIsNoDamage) {
  write(header() + first_ + second_.substr(0, 60));
  EXPECT_EQ(run({"verify", directory_}), kExitOk);
  EXPECT_THAT(err_, AllOf(HasSubstr(segment_.string()), HasSubstr("torn: the last 60 bytes")));
  EXPECT_EQ(out_, "1 segments, 1 frames: ok, 60 bytes of torn tails\n");
}

TEST_F(TapeCliTest, DamageIsToldAndFailsVerify) {
  auto damaged = first_;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  write(header() + damaged + second_);
  EXPECT_EQ(run({"verify", directory_}), kExitFailure);
  EXPECT_THAT(err_, HasSubstr("damaged: the CRC of a block's contents is wrong: bytes 31 to"));
  EXPECT_THAT(out_, HasSubstr("1 frames: DAMAGED"));
  EXPECT_EQ(run({"cat", "--format", "raw", directory_}), kExitFailure);
  EXPECT_EQ(out_, std::string(kTrade) + "\n") << "what can be read is given";
}

TEST_F(TapeCliTest, AFileThatIsNoTapeFailsVerify) {
  write("something else");
  EXPECT_EQ(run({"verify", segment_}), kExitFailure);
  EXPECT_THAT(err_, HasSubstr("no tape segment"));
}

TEST_F(TapeCliTest, ListsWhatTheHeadersSay) {
  EXPECT_EQ(run({"ls", directory_}), kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("g-1-20260811T003042Z-000001.kdtape"),
                          HasSubstr("2026-08-11T00:30:42.000000Z 2026-08-11T00:30:43.000001Z"),
                          HasSubstr(" whole\n1 segments")));
  write(header() + first_ + second_.substr(0, 60));
  EXPECT_EQ(run({"ls", directory_}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("60 bytes torn"));
}

TEST_F(TapeCliTest, DecodesFramesAgainAndListsWhatItRefuses) {
  EXPECT_EQ(run({"decode", directory_}), kExitOk);
  EXPECT_THAT(out_, testing::ContainsRegex("trades +2\n"));

  write(header() + first_ + block_of({record(TapeKind::kFrame, 7, 5, kNews)}));
  EXPECT_EQ(run({"decode", directory_}), kExitFailure);
  EXPECT_THAT(out_, AllOf(testing::ContainsRegex("trades +1\n"),
                          HasSubstr("quarantine: 1 times unknown type 'news'"), HasSubstr(kNews)));
  EXPECT_EQ(run({"decode", "--format", "csv", "--table", "trades", directory_}), kExitFailure);
  EXPECT_THAT(out_, testing::MatchesRegex("received_at,[^\n]*\n1786408242000002,7,2,9,[^\n]*\n"));
  EXPECT_EQ(run({"decode", "--format", "ndjson", "--table", "quarantine", directory_}),
            kExitFailure);
  EXPECT_THAT(out_, AllOf(HasSubstr(R"("table":"quarantine")"), Not(HasSubstr("trades"))));
}

TEST_F(TapeCliTest, SaysWhatToGiveInstead) {
  EXPECT_EQ(run({"ls", directory_ / "nothing"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("no such file or directory"));
  std::filesystem::remove(segment_);
  EXPECT_EQ(run({"verify", directory_}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("no segment (*.kdtape) is in it"));
  EXPECT_EQ(run({"cat", "--from", "yesterday", directory_}), kExitUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("--from: 'yesterday'"), HasSubstr("2026-08-11T00:30:42Z")));
  EXPECT_EQ(run({"decode", "--format", "csv", directory_}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("needs --table"));
}

}  // namespace
}  // namespace kd
