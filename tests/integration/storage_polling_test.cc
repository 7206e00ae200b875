// A deduplicator's poll costs the same with a week of partitions as with a day.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "integration/storage_rows.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

struct PlanCost {
  std::set<std::string> relations;  // that were read
  std::int64_t pages = 0;
  std::int64_t rows_read = 0;
};

std::int64_t sum_of(const std::string& json, const std::string& key, bool first_only) {
  const std::regex number("\"" + key + "\": ([0-9]+)");
  std::int64_t sum = 0;
  for (std::sregex_iterator at(json.begin(), json.end(), number), end; at != end; ++at) {
    sum += std::stoll((*at)[1]);
    if (first_only) break;
  }
  return sum;
}

// What `sql` reads; EXPLAIN's outermost node counts the pages of all below it.
PlanCost cost_of(Connection& session, const std::string& sql) {
  const auto json = scalar(session, "EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) " + sql);
  PlanCost cost;
  const std::regex name("\"Relation Name\": \"([^\"]+)\"");
  for (std::sregex_iterator at(json.begin(), json.end(), name), end; at != end; ++at) {
    cost.relations.insert((*at)[1]);
  }
  cost.pages = sum_of(json, "Shared Hit Blocks", true) + sum_of(json, "Shared Read Blocks", true);
  cost.rows_read =
      sum_of(json, "Actual Rows", false) + sum_of(json, "Rows Removed by Filter", false);
  return cost;
}

class PollingTest : public testing::Test {
 protected:
  static constexpr std::int64_t kRowsPerHour = 2'000;

  // The tail poll of a deduplicator that is 100 rows behind the end of `recorded_hours`.
  static PlanCost poll_after(std::int64_t recorded_hours, bool maintained) {
    const auto name = shared_cluster().make_database("poll", SchemaKind::kGatherer);
    const auto writer = shared_cluster().connect(name, "gatherer");
    const auto step = kHourUs / kRowsPerHour;
    append_deltas(*writer, 0, recorded_hours * kRowsPerHour, step);
    for (std::int64_t hour = 0; maintained && hour < recorded_hours - 24; ++hour) {
      EXPECT_TRUE(writer->query("SELECT kd_compress_partition('orderbook_deltas', " +
                                std::to_string(hour * kHourUs) + ")"));
    }
    EXPECT_TRUE(shared_cluster().connect(name)->exec("VACUUM ANALYZE"));
    const auto reader = shared_cluster().connect(name, "dedup_reader");
    const auto cursor = recorded_hours * kHourUs - 101 * step;
    const auto poll = "SELECT * FROM orderbook_deltas WHERE position > " + std::to_string(cursor) +
                      " ORDER BY position LIMIT 1000";
    cost_of(*reader, poll);  // fills the caches
    return cost_of(*reader, poll);
  }
};

TEST_F(PollingTest, TouchesOnlyTheNewestPartitionAndStaysFlatOverAWeek) {
  const auto day = poll_after(24, true);
  const auto week = poll_after(7 * 24, true);
  EXPECT_EQ(week.relations.size(), 1U);
  EXPECT_EQ(week.pages, day.pages);
  EXPECT_EQ(week.rows_read, day.rows_read);
  EXPECT_LE(week.pages, 60);
}

TEST_F(PollingTest, AReaderThatIsDaysBehindReadsItsPageOnly) {
  const auto name = shared_cluster().make_database("behind", SchemaKind::kGatherer);
  const auto writer = shared_cluster().connect(name, "gatherer");
  append_deltas(*writer, 0, 48 * kRowsPerHour, kHourUs / kRowsPerHour);
  ASSERT_TRUE(writer->query("SELECT kd_compress_partition('orderbook_deltas', 0)"));
  ASSERT_TRUE(shared_cluster().connect(name)->exec("VACUUM ANALYZE"));
  const auto cost = cost_of(*shared_cluster().connect(name, "dedup_reader"),
                            "SELECT * FROM orderbook_deltas WHERE position > 1000 "
                            "ORDER BY position LIMIT 1000");
  EXPECT_LE(cost.pages, 200) << "of some 1500";
}

}  // namespace
}  // namespace kd
