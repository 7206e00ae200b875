#include "sim/truth_log.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace kd::sim {
namespace {

FeedEvent delta_at(std::int64_t ts_ms, std::int64_t size) {
  FeedEvent event;
  event.restart(FeedKind::kDelta, 0);
  event.ts_ms = ts_ms;
  event.sending_ms = ts_ms + 3;
  event.yes = true;
  event.price = 41'000;
  event.size = size;
  return event;
}

TEST(TruthLogTest, WritesOneTabSeparatedLineForEachFrame) {
  const std::string path =
      testing::TempDir() + "kd_truth_test_" + std::to_string(::getpid()) + ".tsv";
  auto log = TruthLog::create(path);
  ASSERT_TRUE(log);
  (*log)->client(0, "key-a");
  FeedEvent event = delta_at(1000, -250);
  (*log)->sent(event, "A", 0x3);
  event.ts_us = 1'000'123;
  (*log)->sent(event, "A", 0x0);
  event.restart(FeedKind::kTrade, 0);
  event.ts_ms = 1000;
  event.trade_id = "t-1";
  event.price = 59'000;
  event.size = 250;
  (*log)->sent(event, "A", 0x11);
  event.restart(FeedKind::kSnapshot, 0);
  (*log)->sent(event, "A", 1);
  (*log)->sent(event, "A", 1);
  (*log)->answered("A", 1005, 2);
  event.restart(FeedKind::kTicker, 0);
  event.ts_ms = 1000;
  event.ticker = {1, 2, 3, 4, 5, -6, 7, 8, 9, 10};
  (*log)->sent(event, "A", 1);
  event.restart(FeedKind::kLifecycle, 0);
  event.subject = "A";
  event.lifecycle_type = "settled";
  (*log)->sent(event, "A", 1);
  ASSERT_TRUE((*log)->finish());
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text,
            "C\t0\tkey-a\n"
            "D\t1000\tA\tyes\t41000\t-250\t0\t3\t1003\t-\n"
            "D\t1000\tA\tyes\t41000\t-250\t1\t0\t1003\t1000123\n"
            "T\t1000\tA\tt-1\t59000\t250\t11\t1003\n"
            "S\t1003\tA\t0\t1\n"
            "S\t1003\tA\t1\t1\n"
            "A\t1005\tA\t2\n"
            "K\t1000\tA\t1,2,3,4,5,-6,7,8,9,10\t1\t1003\n"
            "L\t1003\tA\tsettled\t1\n"
            "E\n");
  std::filesystem::remove(path);
}

TEST(OccurrencesTest, NumbersEqualDeltasAndNoOthers) {
  Occurrences occurrences;
  EXPECT_EQ(occurrences.next(delta_at(1000, 5)), 0);
  EXPECT_EQ(occurrences.next(delta_at(1000, 6)), 0);
  EXPECT_EQ(occurrences.next(delta_at(1000, 5)), 1);
  EXPECT_EQ(occurrences.next(delta_at(1001, 5)), 0);
  EXPECT_EQ(occurrences.next(delta_at(1000, 5)), 2) << "time stepped back";
}

TEST(OccurrencesTest, RemembersAtLeastTheLastOnesKept) {
  Occurrences occurrences(4);
  EXPECT_EQ(occurrences.next(delta_at(1, 1)), 0);
  for (int ts = 2; ts < 5; ++ts) occurrences.next(delta_at(ts, 1));
  EXPECT_EQ(occurrences.next(delta_at(1, 1)), 1);
}

}  // namespace
}  // namespace kd::sim
