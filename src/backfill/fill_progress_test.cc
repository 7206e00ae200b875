#include "backfill/fill_progress.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

TEST(FillProgressTest, TellsShareRateAndTimeLeftOfThisRun) {
  const std::chrono::sys_seconds begin{seconds(1'788'220'800)};  // 2026-09-01
  const FillProgress::Clock::time_point start{};
  const TradeWindow all{.from = begin, .to = begin + seconds(1000)};
  FillProgress progress(all, begin + seconds(200), start);
  EXPECT_THAT(progress.line(start + seconds(1)), HasSubstr("time left unknown"));
  progress.on_window({begin + seconds(200), begin + seconds(400)},
                     {.pages = 1, .read = 2000, .added = 30, .refused = 0});
  progress.on_page({.pages = 1, .read = 1000, .added = 0, .refused = 0});
  EXPECT_EQ(progress.line(start + seconds(100)),
            " 40.0 %  2026-09-01 00:06:40  3,000 read  30 added  30 trades/s  5m00s left");
  EXPECT_EQ(progress.total().known(), 2970);
}

}  // namespace
}  // namespace kd
