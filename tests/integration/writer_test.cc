// TableWriter against a real PostgreSQL: when it flushes, what it does when the database goes
// away, and that one bad row does not take its batch along.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

#include "support/eventually.h"
#include "support/writer_process.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

class WriterTest : public testing::Test {
 protected:
  void use(PgCluster& cluster, const char* name) {
    site_ = std::make_unique<WriterSite>(cluster, name);
    new_process();
  }
  void new_process() {
    process_.reset();
    process_ = std::make_unique<WriterProcess>(*site_);
  }
  void start(Table table, std::size_t batch_rows, std::chrono::milliseconds flush_interval) {
    process_->clock.note(to_us(wall_now()));
    auto options = process_->writer_options(table);
    options.batch_rows = batch_rows;
    options.flush_interval = flush_interval;
    process_->start(options);
  }

  std::unique_ptr<WriterSite> site_;
  std::unique_ptr<WriterProcess> process_;
};

TEST_F(WriterTest, FlushesAtItsRowsLongBeforeItsInterval) {
  use(shared_cluster(), "rows");
  start(Table::kOrderbookDeltas, 10, 1h);
  process_->push_deltas(4);
  process_->push_deltas(6);
  EXPECT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 10; }));
  EXPECT_TRUE(process_->finish());
}

TEST_F(WriterTest, FlushesAtItsIntervalLongBeforeItsRows) {
  use(shared_cluster(), "interval");
  start(Table::kOrderbookDeltas, 1'000'000, 20ms);
  process_->push_deltas(3);
  EXPECT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 3; }));
  EXPECT_TRUE(process_->finish());
}

TEST_F(WriterTest, WhatWasAcceptedIsStoredBeforeItStops) {
  use(shared_cluster(), "drain");
  start(Table::kOrderbookDeltas, 100, 1h);
  for (int i = 0; i < 500; ++i) process_->push_deltas(7);
  EXPECT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask("SELECT count(*) FROM orderbook_deltas"), "3500");
  EXPECT_EQ(site_->out_of_order(), "0") << "positions follow the order of arrival";
  EXPECT_EQ(process_->budget.used(), 0);
}

TEST_F(WriterTest, PositionsContinueBehindTheStoredOnesAfterARestart) {
  use(shared_cluster(), "restart");
  start(Table::kOrderbookDeltas, 10, 1ms);
  process_->push_deltas(10);
  ASSERT_TRUE(process_->finish());
  const auto first = site_->ask("SELECT max(position) FROM orderbook_deltas");
  new_process();
  start(Table::kOrderbookDeltas, 10, 1ms);
  process_->push_deltas(1);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask("SELECT count(*) FROM orderbook_deltas WHERE position > " + first), "1");
}

TEST_F(WriterTest, ARowThatTheDatabaseRefusesDoesNotTakeItsBatchAlong) {
  use(shared_cluster(), "poison");
  start(Table::kLifecycleEvents, 100, 1ms);
  RowBatch batch;
  for (const auto* payload : {R"({"n":1})", R"({"n":2})", R"({"n":"\u0000"})", R"({"n":4})"}) {
    append_lifecycle(batch, {.ticker = "A", .event_type = "created", .payload = payload},
                     {.stream_id = 1, .seq = 1, .received = micros_from_us(5'500), .sending = {}});
  }
  process_->queue(Table::kLifecycleEvents).push(batch);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask("SELECT string_agg(payload->>'n', ',' ORDER BY position) "
                       "FROM lifecycle_events"),
            "1,2,4");
  EXPECT_EQ(process_->rejected.size(), 1U);
  const auto losses = process_->losses();
  ASSERT_EQ(losses.size(), 1U) << "the ledger says what its table lacks";
  EXPECT_EQ(losses[0].from, micros_from_ms(5));
  EXPECT_EQ(losses[0].to, micros_from_ms(6));
}

TEST_F(WriterTest, ADatabaseThatGoesAwayIsWaitedForAndNothingIsLostOrDoubled) {
  PgCluster own;
  use(own, "outage");
  start(Table::kOrderbookDeltas, 50, 1ms);
  process_->push_deltas(100);
  ASSERT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 100; }));
  own.server().kill();
  process_->push_deltas(100);
  ASSERT_TRUE(eventually([&] { return !process_->writer(Table::kOrderbookDeltas).connected(); }));
  ASSERT_TRUE(own.server().start());
  process_->push_deltas(100);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->deltas(), "300/300/300");
  EXPECT_EQ(site_->out_of_order(), "0");
}

TEST_F(WriterTest, RowsThatARestoreTookAreToldAsDropped) {
  use(shared_cluster(), "restored");
  start(Table::kOrderbookDeltas, 10, 1ms);
  process_->push_deltas(20);
  ASSERT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 20; }));
  const auto kept = site_->ask("SELECT min(position) FROM orderbook_deltas");
  site_->ask("WITH gone AS (DELETE FROM orderbook_deltas WHERE position > " + kept +
             " RETURNING 1) SELECT count(*) FROM gone");
  site_->ask(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = "
      "'gatherer' AND datname = current_database()");
  process_->push_deltas(10);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask("SELECT count(*) FROM orderbook_deltas"), "11");
  const auto told = process_->losses();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].table, Table::kOrderbookDeltas);
  EXPECT_LE(to_us(told[0].from), std::stoll(kept));
  EXPECT_GE(to_us(told[0].to), std::stoll(kept));
}

TEST_F(WriterTest, OneWriterOnlyForATable) {
  use(shared_cluster(), "lock");
  start(Table::kOrderbookDeltas, 10, 1ms);
  process_->push_deltas(1);
  ASSERT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 1; }));
  const auto second = site_->connect();
  const auto locked =
      second->try_advisory_lock(advisory_key("kalshi gatherer writer orderbook_deltas"));
  ASSERT_TRUE(locked);
  EXPECT_FALSE(*locked);
  EXPECT_TRUE(process_->finish());
}

// Three years: a clock that was set wrongly, until somebody sets it right.
constexpr std::int64_t kThreeYears = 94'608'000'000'000;
constexpr std::int64_t kNow = 1'795'356'000'000'000;  // what the exchange's clock says

class WildClockTest : public WriterTest {
 protected:
  void start_at_wild_clock(std::chrono::milliseconds clock_wait) {
    auto options = process_->writer_options(Table::kOrderbookDeltas);
    options.clock = [this, clock_wait] {
      EXPECT_TRUE(process_->clock.newest_us() > 0 || clock_wait < 1h) << "nothing is numbered yet";
      return micros_from_us(kNow + ahead_.load());
    };
    options.clock_wait = clock_wait;
    process_->start(options);
  }
  std::atomic<std::int64_t> ahead_{kThreeYears};
};

TEST_F(WildClockTest, RowsWaitForATimeOfTheExchange) {
  use(shared_cluster(), "wild");
  start_at_wild_clock(1h);
  process_->push_deltas(5);
  ASSERT_TRUE(eventually([&] { return process_->writer(Table::kOrderbookDeltas).connected(); }));
  process_->clock.note(kNow);
  ASSERT_TRUE(eventually([&] { return process_->written(Table::kOrderbookDeltas) == 5; }));
  ahead_ = 0;
  process_->clock.note(kNow + 120'000'000);
  ahead_ = 120'000'000;
  process_->push_deltas(5);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask(fmt::format("SELECT min(position) - {} FROM orderbook_deltas", kNow)),
            "60000000");
  EXPECT_EQ(site_->ask(fmt::format("SELECT max(position) - {} FROM orderbook_deltas", kNow)),
            "120000004")
      << "numbers follow the right clock again";
  EXPECT_EQ(site_->out_of_order(), "0");
}

TEST_F(WildClockTest, WithoutATimeOfTheExchangeTheyFollowTheStoredRows) {
  use(shared_cluster(), "wild");
  process_->clock.note(kNow);
  start_at_wild_clock(1h);
  process_->push_deltas(5);
  ASSERT_TRUE(process_->finish());
  new_process();
  start_at_wild_clock(1ms);
  process_->push_deltas(5);
  ASSERT_TRUE(process_->finish());
  EXPECT_EQ(site_->ask("SELECT max(position) - min(position) FROM orderbook_deltas"), "9");
}

}  // namespace
}  // namespace kd
