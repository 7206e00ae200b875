#include "audit/truth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace kd {
namespace {

using Kind = TruthRecord::Kind;

TruthRecord parsed(std::string_view line) {
  const auto record = parse_truth_line(line);
  EXPECT_TRUE(record) << record.error().what;
  return record.value_or(TruthRecord{});
}

TEST(TruthTest, ReadsEveryKindOfRecord) {
  const auto delta = parsed(
      "D\t1786000000123\tKX-1\tyes\t52500\t-250\t1\t7\t1786000000130\t"
      "1786000000123456");
  EXPECT_EQ(delta.kind, Kind::kDelta);
  EXPECT_EQ(delta.at_ms, 1'786'000'000'123);
  EXPECT_EQ(delta.ticker, "KX-1");
  EXPECT_EQ(delta.text, "yes");
  EXPECT_EQ(delta.price, 52'500);
  EXPECT_EQ(delta.size, -250);
  EXPECT_EQ(delta.clients, 7U);
  EXPECT_EQ(delta.at_us, 1'786'000'000'123'456);
  EXPECT_EQ(parsed("D\t5\tKX\tno\t1\t1\t0\t0\t6\t-").at_us, std::nullopt);

  const auto trade = parsed("T\t5\tKX\tabc-def\t99\t100\tff\t6");
  EXPECT_EQ(trade.text, "abc-def");
  EXPECT_EQ(trade.clients, 255U);
  EXPECT_EQ(parsed("S\t9\tKX\t1\t6").clients, 6U);
  EXPECT_EQ(parsed("A\t9\tKX\t2").client_bit, 2);
  const auto withheld = parsed("W\t6\t5\tKX\tD\t2\treset\tlost\t3\t8\tyes,52500,-250,1");
  EXPECT_EQ(withheld.of, Kind::kDelta);
  EXPECT_EQ(withheld.at_ms, 5);
  EXPECT_EQ(withheld.client_bit, 2);
  EXPECT_EQ(withheld.fault, "reset");
  EXPECT_EQ(withheld.loss, TruthRecord::Loss::kLost);
  EXPECT_EQ(withheld.clients, 3U);
  EXPECT_EQ(withheld.maybe, 8U);
  EXPECT_EQ(withheld.text, "yes,52500,-250,1");
  EXPECT_EQ(parsed("W\t6\t-\tKX\tS\t2\tdrop\tunsent\t0\t0\t4").at_ms, 6);
  EXPECT_EQ(parsed("K\t9\tKX\t1,2,,4\t3\t9").text, "1,2,,4");
  EXPECT_EQ(parsed("L\t9\tKX\tdetermined\t3").text, "determined");
  EXPECT_EQ(parsed("C\t0\tgatherer-1").text, "gatherer-1");
  EXPECT_EQ(parsed("E").kind, Kind::kEnd);
}

TEST(TruthTest, RefusesWhatItCannotRead) {
  for (const auto line : {"", "X\t1", "D\t5\tKX\tno\t1\t1\t0", "D\tx\tKX\tno\t1\t1\t0\t0\t6\t-",
                          "S\t9\t\t1\t6", "C\t64\tg", "D\t5\tKX\tno\t1\t1\t0\tzz\t6\t-"}) {
    EXPECT_FALSE(parse_truth_line(line)) << line;
  }
}

TEST(TruthTest, AFileThatDoesNotEndIsIncomplete) {
  const std::string path = testing::TempDir() + "kd_truth_test_" + std::to_string(getpid());
  std::ofstream(path) << "C\t0\tg\nS\t9\tKX\t0\t1\n";
  int records = 0;
  const auto count = [&](const TruthRecord&) { ++records; };
  const auto result = read_truth(path, count);
  EXPECT_FALSE(result);
  EXPECT_EQ(records, 2);
  std::ofstream(path, std::ios::app) << "E\n";
  EXPECT_TRUE(read_truth(path, count));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace kd
