// TableWriter against a real PostgreSQL: when it flushes, what it does when the database goes
// away, and that one bad row does not take its batch along.
#include <gtest/gtest.h>

#include <mutex>

#include "codec/gatherer_rows.h"
#include "support/eventually.h"
#include "support/pg_cluster.h"
#include "support/silent_log.h"
#include "writer/table_writer.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

class WriterTest : public testing::Test {
 protected:
  void use(PgCluster& cluster, const char* name) {
    cluster_ = &cluster;
    database_ = cluster.make_database(name, SchemaKind::kGatherer);
  }

  void start(Table table, std::size_t batch_rows, std::chrono::milliseconds flush_interval) {
    writer_ = std::make_unique<TableWriter>(
        TableWriter::Options{.table = table,
                             .batch_rows = batch_rows,
                             .flush_interval = flush_interval,
                             .database = cluster_->options(database_, "gatherer")},
        queue_, newest_sending_, metrics_, silent_logger(),
        TableWriter::Hooks{
            .give_up = [](const Error& error) { ADD_FAILURE() << error.what; },
            .reject = [this](const std::string& reason, std::string_view) { rejected_ = reason; }});
    writer_->start();
  }

  void push_deltas(int count) {
    RowBatch batch;
    for (int i = 0; i < count; ++i) {
      append_delta(batch,
                   {.ticker = "A",
                    .side = Side::kYes,
                    .price = *Price::from_raw(43'000),
                    .change = Size(++pushed_),
                    .time = {.at = micros_from_ms(1'000), .finer = {}}},
                   {}, {});
    }
    queue_.push(batch);
  }

  double written(const char* table) {
    return metrics_.counter("writer_inserts_total", "", {{"writer", table}}).value();
  }
  std::string ask(const std::string& sql) { return scalar(*cluster_->connect(database_), sql); }
  bool finish() {
    queue_.close();
    return writer_->finish(std::chrono::steady_clock::now() + 60s);
  }

  PgCluster* cluster_ = nullptr;
  std::string database_;
  MetricsRegistry metrics_;
  ByteBudget budget_{1 << 20};
  BatchQueue queue_{budget_};
  NewestSending newest_sending_{0};
  std::string rejected_;
  int pushed_ = 0;
  std::unique_ptr<TableWriter> writer_;
};

TEST_F(WriterTest, FlushesAtItsRowsLongBeforeItsInterval) {
  use(shared_cluster(), "rows");
  start(Table::kOrderbookDeltas, 10, 1h);
  push_deltas(4);
  push_deltas(6);
  EXPECT_TRUE(eventually([&] { return written("orderbook_deltas") == 10; }));
  EXPECT_TRUE(finish());
}

TEST_F(WriterTest, FlushesAtItsIntervalLongBeforeItsRows) {
  use(shared_cluster(), "interval");
  start(Table::kOrderbookDeltas, 1'000'000, 20ms);
  push_deltas(3);
  EXPECT_TRUE(eventually([&] { return written("orderbook_deltas") == 3; }));
  EXPECT_TRUE(finish());
}

TEST_F(WriterTest, WhatWasAcceptedIsStoredBeforeItStops) {
  use(shared_cluster(), "drain");
  start(Table::kOrderbookDeltas, 100, 1h);
  for (int i = 0; i < 500; ++i) push_deltas(7);
  EXPECT_TRUE(finish());
  EXPECT_EQ(ask("SELECT count(*) FROM orderbook_deltas"), "3500");
  EXPECT_EQ(ask("SELECT count(*) FROM (SELECT position, size_delta, row_number() OVER "
                "(ORDER BY position) AS n FROM orderbook_deltas) t WHERE n <> size_delta"),
            "0")
      << "positions follow the order of arrival";
  EXPECT_EQ(budget_.used(), 0);
}

TEST_F(WriterTest, PositionsContinueBehindTheStoredOnesAfterARestart) {
  use(shared_cluster(), "restart");
  start(Table::kOrderbookDeltas, 10, 1ms);
  push_deltas(10);
  ASSERT_TRUE(eventually([&] { return written("orderbook_deltas") == 10; }));
  const auto first = ask("SELECT max(position) FROM orderbook_deltas");
  writer_.reset();
  start(Table::kOrderbookDeltas, 10, 1ms);
  push_deltas(1);
  ASSERT_TRUE(finish());
  EXPECT_EQ(ask("SELECT count(*) FROM orderbook_deltas WHERE position > " + first), "1");
}

TEST_F(WriterTest, ARowThatTheDatabaseRefusesDoesNotTakeItsBatchAlong) {
  use(shared_cluster(), "poison");
  start(Table::kLifecycleEvents, 100, 1ms);
  RowBatch batch;
  for (const auto* payload : {R"({"n":1})", R"({"n":2})", R"({"n":"\u0000"})", R"({"n":4})"}) {
    append_lifecycle(batch, {.ticker = "A", .event_type = "created", .payload = payload}, {});
  }
  queue_.push(batch);
  ASSERT_TRUE(finish());
  EXPECT_EQ(ask("SELECT string_agg(payload->>'n', ',' ORDER BY position) FROM lifecycle_events"),
            "1,2,4");
  EXPECT_NE(rejected_, "");
}

TEST_F(WriterTest, ADatabaseThatGoesAwayIsWaitedForAndNothingIsLostOrDoubled) {
  PgCluster own;
  use(own, "outage");
  start(Table::kOrderbookDeltas, 50, 1ms);
  push_deltas(100);
  ASSERT_TRUE(eventually([&] { return written("orderbook_deltas") == 100; }));
  own.server().kill();
  push_deltas(100);
  ASSERT_TRUE(eventually([&] { return !writer_->connected(); }));
  ASSERT_TRUE(own.server().start());
  push_deltas(100);
  ASSERT_TRUE(finish());
  EXPECT_EQ(ask("SELECT count(*) || '/' || count(DISTINCT size_delta) FROM orderbook_deltas"),
            "300/300");
}

TEST_F(WriterTest, OneWriterOnlyForATable) {
  use(shared_cluster(), "lock");
  start(Table::kOrderbookDeltas, 10, 1ms);
  push_deltas(1);
  ASSERT_TRUE(eventually([&] { return written("orderbook_deltas") == 1; }));
  const auto second = cluster_->connect(database_);
  const auto locked =
      second->try_advisory_lock(advisory_key("kalshi gatherer writer orderbook_deltas"));
  ASSERT_TRUE(locked);
  EXPECT_FALSE(*locked);
  EXPECT_TRUE(finish());
}

}  // namespace
}  // namespace kd
