#include "database/maintenance_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kd {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kNow = 1'000 * kHour + kHour / 2;

PartitionState hour(std::int64_t index, bool finished = false) {
  return {.name = "p" + std::to_string(index),
          .from_key = index * kHour,
          .to_key = (index + 1) * kHour,
          .rows_estimate = 10,
          .bytes = 100,
          .compressed = finished,
          .finished = finished};
}

// Hourly partitions [first, last] of one table, whose newest row is as old as our clock.
StorageState hours_of(std::int64_t first, std::int64_t last) {
  TableState table{.width_us = kHour,
                   .partitions = {},
                   .newest_key = kNow,
                   .safe_before = kNow,
                   .tells_age = true};
  for (auto index = first; index <= last; ++index) table.partitions.push_back(hour(index));
  return {{"deltas", table}};
}

MaintenanceRules keeping(int kept_hours, bool native = true) {
  return {.keep = {{"deltas", hours(kept_hours)}},
          .keep_others = std::nullopt,
          .compress_after = hours(24),
          .native = native};
}

MaintenancePlan plan(const MaintenanceRules& rules, const StorageState& state,
                     std::int64_t now = kNow) {
  return plan_maintenance(rules, state, micros_from_us(now));
}

TEST(MaintenancePlanTest, MakesThePartitionOfNowAndTheNext) {
  EXPECT_THAT(plan(keeping(24), hours_of(999, 1'000)).make,
              ElementsAre(MaintenancePlan::Make{"deltas", kNow + kHour}));
  EXPECT_THAT(plan(keeping(24), hours_of(999, 1'001)).make, IsEmpty());
}

TEST(MaintenancePlanTest, MakesPartitionsForAnEmptyTableByTheClock) {
  StorageState fresh{{"deltas",
                      {.width_us = kHour,
                       .partitions = {},
                       .newest_key = std::nullopt,
                       .safe_before = std::nullopt,
                       .tells_age = true}}};
  EXPECT_THAT(plan(keeping(24), fresh).make,
              ElementsAre(MaintenancePlan::Make{"deltas", kNow},
                          MaintenancePlan::Make{"deltas", kNow + kHour}));
  EXPECT_THAT(plan(keeping(24, false), fresh).make, IsEmpty()) << "a hypertable makes its own";
}

TEST(MaintenancePlanTest, DropsWhatIsOldAndSafe) {
  EXPECT_THAT(plan(keeping(48), hours_of(951, 1'000)).drop,
              ElementsAre(MaintenancePlan::Drop{"deltas", kNow - 48 * kHour}));
  EXPECT_THAT(plan(keeping(48), hours_of(952, 1'000)).drop, IsEmpty())
      << "its last row is not 48 h old";
}

TEST(MaintenancePlanTest, DropsNoFurtherThanIsAcknowledged) {
  auto state = hours_of(900, 1'000);
  state["deltas"].safe_before = 910 * kHour;
  EXPECT_THAT(plan(keeping(48), state).drop,
              ElementsAre(MaintenancePlan::Drop{"deltas", 910 * kHour}));
  state["deltas"].safe_before = 901 * kHour - 1;
  EXPECT_THAT(plan(keeping(48), state).drop, IsEmpty());
  state["deltas"].safe_before = std::nullopt;
  EXPECT_THAT(plan(keeping(48), state).drop, IsEmpty());
}

TEST(MaintenancePlanTest, KeepsForEverWhatHasNoAge) {
  auto rules = keeping(48);
  rules.keep.clear();
  EXPECT_THAT(plan(rules, hours_of(1, 1'000)).drop, IsEmpty());
  rules.keep_others = hours(48);
  EXPECT_EQ(plan(rules, hours_of(1, 1'000)).drop.size(), 1U);
}

TEST(MaintenancePlanTest, AClockYearsAheadAgesNothing) {
  const auto ahead = kNow + 3 * 8'766 * kHour;
  EXPECT_THAT(plan(keeping(48), hours_of(990, 1'001), ahead).drop, IsEmpty());
  EXPECT_THAT(plan(keeping(48), hours_of(990, 1'001), ahead).make, IsEmpty());
  EXPECT_THAT(plan(keeping(48, false), hours_of(990, 1'001), ahead).compress, IsEmpty());
}

TEST(MaintenancePlanTest, ARowWithAStampYearsAheadAgesNothing) {
  auto state = hours_of(990, 1'000);
  state["deltas"].newest_key = kNow + 3 * 8'766 * kHour;
  EXPECT_THAT(plan(keeping(48), state).drop, IsEmpty());
}

TEST(MaintenancePlanTest, OurOwnStampsYearsAheadAgeNothing) {
  const auto ahead = kNow + 3 * 8'766 * kHour;
  auto state = hours_of(990, 1'000);
  state["market_versions"] = state["deltas"];
  state["market_versions"].newest_key = ahead;
  state["market_versions"].tells_age = false;
  EXPECT_THAT(plan(keeping(48), state, ahead).drop, IsEmpty());
  state["deltas"].newest_key = std::nullopt;
  EXPECT_THAT(plan(keeping(48), state, ahead).drop, IsEmpty()) << "nothing tells the age";
}

TEST(MaintenancePlanTest, ATableThatStoodStillAgesWithTheOthers) {
  auto state = hours_of(900, 902);
  state["deltas"].newest_key = 902 * kHour;
  EXPECT_THAT(plan(keeping(48), state).drop, IsEmpty()) << "nothing came in since";
  state["watermarks"] = hours_of(1'000, 1'001)["deltas"];
  EXPECT_THAT(plan(keeping(48), state).drop,
              ElementsAre(MaintenancePlan::Drop{"deltas", kNow - 48 * kHour}));
}

TEST(MaintenancePlanTest, CompressesOnceOnHypertablesOnly) {
  auto state = hours_of(974, 1'000);
  EXPECT_THAT(plan(keeping(480), state).compress, IsEmpty());
  EXPECT_THAT(plan(keeping(480, false), state).compress,
              ElementsAre(MaintenancePlan::Compress{"deltas", 974 * kHour},
                          MaintenancePlan::Compress{"deltas", 975 * kHour}));
  state["deltas"].partitions[0] = hour(974, /*finished=*/true);
  EXPECT_THAT(plan(keeping(480, false), state).compress,
              ElementsAre(MaintenancePlan::Compress{"deltas", 975 * kHour}));
}

TEST(MaintenancePlanTest, DoesNotCompressWhatItDrops) {
  const auto todo = plan(keeping(25, false), hours_of(970, 1'000));
  EXPECT_THAT(todo.drop, ElementsAre(MaintenancePlan::Drop{"deltas", kNow - 25 * kHour}));
  EXPECT_THAT(todo.compress, ElementsAre(MaintenancePlan::Compress{"deltas", 975 * kHour}));
}

TEST(MaintenancePlanTest, CountsWhatIsHeldBack) {
  auto state = hours_of(900, 1'000);
  state["deltas"].safe_before = std::nullopt;
  const auto figures = storage_figures(keeping(48), "deltas", state, micros_from_us(kNow));
  EXPECT_EQ(figures.partitions, 101);
  EXPECT_EQ(figures.bytes, 10'100);
  EXPECT_EQ(figures.held, 52);
  EXPECT_EQ(figures.oldest_key, 900 * kHour);
}

}  // namespace
}  // namespace kd
