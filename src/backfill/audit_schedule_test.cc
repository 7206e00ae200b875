#include "backfill/audit_schedule.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using std::chrono::seconds;

constexpr std::chrono::sys_seconds at(int second) {
  return std::chrono::sys_seconds(seconds(1'000'000 + second));
}
constexpr AuditSchedule::Options kOptions{
    .interval = seconds(300), .lag = seconds(120), .widest = seconds(3600)};

TEST(AuditScheduleTest, TakesNoWindowThatIsNotMergedOrNotYetListed) {
  AuditSchedule schedule(kOptions);
  EXPECT_FALSE(schedule.next(at(5000), at(5000))) << "where it begins is not known";
  schedule.begin_at(at(0));
  EXPECT_FALSE(schedule.next(std::nullopt, at(5000))) << "what is merged is not known";
  EXPECT_FALSE(schedule.next(at(5000), at(419))) << "the exchange may not list all of it";
  EXPECT_FALSE(schedule.next(at(299), at(5000))) << "gatherers are behind";
  EXPECT_EQ(schedule.next(at(5000), at(420)), (TradeWindow{at(0), at(300)}));
  EXPECT_EQ(schedule.next(at(300), at(5000)), (TradeWindow{at(0), at(300)}));
}

TEST(AuditScheduleTest, CatchesUpOldestFirstWithoutHolesInWiderWindows) {
  AuditSchedule schedule(kOptions);
  schedule.begin_at(at(0));
  auto done = at(0);
  int windows = 0;
  while (const auto window = schedule.next(at(100'000), at(100'000))) {
    EXPECT_EQ(window->from, done);
    EXPECT_LE(window->to - window->from, seconds(3600));
    schedule.on_window(*window, 1);
    done = window->to;
    ++windows;
  }
  EXPECT_GE(done, at(100'000 - 120 - 300));
  EXPECT_LT(windows, 40);
  EXPECT_EQ(schedule.behind(at(100'000)), at(100'000) - done);
}

}  // namespace
}  // namespace kd
