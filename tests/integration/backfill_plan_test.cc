// How the database looks for a trade by its id: on whichever engine the cluster of the tests has.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "backfill_world.h"

namespace kd {
namespace {

using std::chrono::hours;

constexpr int kDays = 10;

class TradeProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int day = 0; day < kDays; ++day) {
      const auto at = us_of(BackfillWorld::kWeek + hours(24 * day));
      run(fmt::format("SELECT kd_ensure_partitions('trades', {0}, {0})", at));
      run(fmt::format(
          "INSERT INTO trades SELECT gen_random_uuid(), {0} + n * 1000000::bigint, NULL, {0}, "
          "'KX-' || n % 50, 53000, 100, true, false, 'g1' "
          "FROM generate_series(0, 4999) n",
          at));
    }
    run("ANALYZE trades");
  }
  void run(const std::string& sql) {
    const auto done = connection_->exec(sql);
    ASSERT_TRUE(done) << done.error().what;
  }
  std::string day_of(const std::string& relation) {
    return scalar(*connection_, fmt::format("SELECT (min(exchange_ts) - {}) / 86400000000 FROM {}",
                                            us_of(BackfillWorld::kWeek), relation));
  }
  // The days whose partitions a plan reads.
  std::set<std::string> days_read(const std::string& sql) {
    std::set<std::string> days;
    const auto plan = connection_->query("EXPLAIN (COSTS OFF) " + sql);
    EXPECT_TRUE(plan) << plan.error().what;
    for (const auto& row : plan.value_or(SqlRows{})) {
      const auto& line = text_at(row, 0);
      const auto at = line.find(" on ");
      if (at == std::string::npos) continue;
      auto relation = line.substr(at + 4);
      relation = relation.substr(0, relation.find(' '));
      const bool partition = relation.starts_with("trades_") || relation.starts_with("_hyper");
      if (!partition) continue;
      EXPECT_EQ(line.find("Seq Scan"), std::string::npos) << line;
      days.insert(day_of((relation[0] == '_' ? "_timescaledb_internal." : "") + relation));
    }
    return days;
  }

  std::string database_ = shared_cluster().make_database("probe", SchemaKind::kProduction);
  std::unique_ptr<Connection> connection_ = shared_cluster().connect(database_);
};

TEST_F(TradeProbeTest, ReadsByIndexTheDaysAroundTheTradesAlone) {
  run("CREATE TEMP TABLE stage_rest_trades (LIKE trades)");
  const Micros noon = BackfillWorld::kWeek + hours(5 * 24 + 12);
  EXPECT_THAT(days_read(merge_rest_trades(noon, noon + hours(1))),
              testing::ElementsAre("4", "5", "6"));
}

// Week-old days are compressed where the engine can.
TEST_F(TradeProbeTest, FindsAndAddsTradesOfCompressedDays) {
  if (shared_cluster().engine() == StorageEngine::kTimescaleDb) {
    run("SELECT compress_chunk(c) FROM show_chunks('trades') c");
  }
  BackfillWorld world(shared_cluster(), database_);
  const auto noon = us_of(BackfillWorld::kWeek + hours(3 * 24)) + 1'000'000;
  const auto known = scalar(*connection_, fmt::format("SELECT trade_id FROM trades WHERE "
                                                      "exchange_ts = {}",
                                                      noon));
  world.trade({.us = noon + 1'500, .id = known});
  for (int i = 0; i < 50; ++i) world.trade({.us = noon + 400'000 * i});
  auto job = world.job();
  job.all = {.from = BackfillWorld::kWeek + hours(3 * 24),
             .to = BackfillWorld::kWeek + hours(4 * 24)};
  const auto outcome = world.run(job);
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_EQ(outcome->counts.known(), 1);
  EXPECT_EQ(outcome->counts.added, 50);
  EXPECT_EQ(world.run(job)->counts.read, 0);
}

}  // namespace
}  // namespace kd
