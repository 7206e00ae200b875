// Partitions come and go while others write and read. What a writer may be made to wait is asserted
// by its lock_timeout: the server refuses its statement when it had to wait longer.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "database/lock_watch.h"
#include "database/maintenance.h"
#include "database/partitions.h"
#include "integration/storage_rows.h"
#include "support/eventually.h"
#include "support/pg_cluster.h"
#include "support/silent_log.h"

namespace kd {
namespace {

bool on_timescaledb() { return shared_cluster().engine() == StorageEngine::kTimescaleDb; }

class StorageLocksTest : public testing::Test {
 protected:
  std::unique_ptr<Connection> connect(const std::string& role) const {
    return shared_cluster().connect(database_, role);
  }

  void acknowledge(std::int64_t position) {
    const auto done = connect("dedup_reader")
                          ->execute(
                              "INSERT INTO sync_acks VALUES ('p', 'orderbook_deltas', $1) ON "
                              "CONFLICT (consumer, table_name) DO UPDATE SET position = "
                              "EXCLUDED.position",
                              {std::to_string(position)});
    ASSERT_TRUE(done) << done.error().what;
  }

  static std::string drop_until(Connection& session, std::int64_t before) {
    return scalar(session,
                  "SELECT kd_drop_partitions('orderbook_deltas', " + std::to_string(before) + ")");
  }

  const std::string database_ = shared_cluster().make_database("locks", SchemaKind::kGatherer);
};

TEST_F(StorageLocksTest, AReaderOfEverythingDelaysADropAndNoWriter) {
  const auto writer = connect("gatherer");
  append_deltas(*writer, 0, 50, kHourUs / 10);
  acknowledge(5 * kHourUs);
  const auto reader = connect("dedup_reader");
  ASSERT_TRUE(reader->begin());
  ASSERT_EQ(count_of(*reader, "orderbook_deltas"), "50");
  EXPECT_EQ(drop_until(*writer, 5 * kHourUs), "0");
  EXPECT_EQ(count_of(*reader, "orderbook_deltas"), "50");
  ASSERT_TRUE(writer->exec("SET lock_timeout = '1s'"));
  append_deltas(*writer, 5 * kHourUs + 1, 10, 1);
  ASSERT_TRUE(reader->commit());
  EXPECT_EQ(drop_until(*writer, 5 * kHourUs), "1");
  EXPECT_EQ(count_of(*writer, "orderbook_deltas"), "50");
}

TEST_F(StorageLocksTest, AReaderOfTheNewestKeepsNoOldRows) {
  const auto writer = connect("gatherer");
  append_deltas(*writer, 0, 50, kHourUs / 10);
  acknowledge(5 * kHourUs);
  const auto reader = connect("dedup_reader");
  ASSERT_TRUE(reader->begin());
  ASSERT_EQ(count_of(*reader, "orderbook_deltas WHERE position >= 14400000000"), "10");
  while (drop_until(*writer, 3 * kHourUs) == "1") {
  }
  EXPECT_EQ(count_of(*writer, "orderbook_deltas"), "20") << "emptied, or gone";
  EXPECT_EQ(scalar(*writer, "SELECT count(*) FROM kd_partitions('orderbook_deltas')"),
            on_timescaledb() ? "2" : "5");
  ASSERT_TRUE(reader->commit());
  while (drop_until(*writer, 3 * kHourUs) == "1") {
  }
  EXPECT_EQ(scalar(*writer, "SELECT count(*) FROM kd_partitions('orderbook_deltas')"), "2");
}

// Hour after hour is written, read, acknowledged, compressed and dropped at the same time.
TEST_F(StorageLocksTest, NothingIsLostAndNobodyStoppedWhilePartitionsComeAndGo) {
  constexpr std::int64_t kHours = 40;
  constexpr std::int64_t kBatches = 20;
  constexpr std::int64_t kRows = 10;
  std::atomic<bool> done{false};
  std::jthread writing([&] {
    const auto writer = connect("gatherer");
    ASSERT_TRUE(writer->exec("SET lock_timeout = '1s'"));
    for (std::int64_t batch = 0; batch < kHours * kBatches; ++batch) {
      append_deltas(*writer, batch * kHourUs / kBatches, kRows, 1);
      if (batch % kBatches == 0) acknowledge(batch * kHourUs / kBatches);
    }
    done = true;
  });
  std::jthread reading([&] {
    const auto reader = connect("dedup_reader");
    while (!done) {
      ASSERT_TRUE(reader->begin());
      const auto rows = count_of(*reader, "orderbook_deltas");
      EXPECT_EQ(std::stoll(rows) % kRows, 0) << "whole batches only";
      ASSERT_TRUE(reader->query("SELECT pg_sleep(0.01)"));
      ASSERT_TRUE(reader->commit());
    }
  });
  Maintenance maintenance({.connect = shared_cluster().options(database_, "gatherer"),
                           .kind = SchemaKind::kGatherer,
                           .keep = {{"orderbook_deltas", std::chrono::hours(10)}},
                           .keep_others = std::nullopt,
                           .compress_after = std::chrono::hours(4),
                           .without_export = "keep",
                           .interval = std::chrono::milliseconds(20),
                           .leads = [] { return true; },
                           .now = wall_now},
                          silent_logger());
  maintenance.start();
  ASSERT_TRUE(eventually([&] { return done.load(); }));
  const auto oldest_kept = kHours - 12;  // its newest row is in hour 39, a little before its end
  EXPECT_TRUE(eventually([&] { return maintenance.status().dropped == oldest_kept + 1; }))
      << maintenance.status().dropped << " " << maintenance.status().last_error;
  maintenance.stop();
  EXPECT_EQ(count_of(*connect("gatherer"), "orderbook_deltas"),
            std::to_string((kHours - oldest_kept - 1) * kBatches * kRows));
}

TEST_F(StorageLocksTest, ARowForADroppedPartitionFindsItMadeAgain) {
  const auto writer = connect("gatherer");
  auto partitions = Partitions::load(*writer);
  ASSERT_TRUE(partitions);
  ASSERT_TRUE(partitions->ensure(*writer, "orderbook_deltas", 0, 8 * kHourUs));
  acknowledge(9 * kHourUs);
  while (drop_until(*writer, kHourUs) == "1") {
  }
  const std::string late =
      "INSERT INTO orderbook_deltas SELECT 5, 0, NULL, 5, 'A', true, 1000, 100, 0, 0, 1, 5";
  if (!on_timescaledb()) {
    const auto refused = writer->exec(late);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().remedy, Remedy::kReconnect) << refused.error().what;
  }
  ASSERT_TRUE(partitions->ensure(*writer, "orderbook_deltas", 5, 5));
  const auto stored = writer->exec(late);
  EXPECT_TRUE(stored) << stored.error().what;
}

TEST_F(StorageLocksTest, NoWatchNoWork) {
  auto nowhere = shared_cluster().options(database_);
  nowhere.name = "no such database";
  EXPECT_FALSE(LockWatch::start(nowhere, 1, [] { return false; }));
}

TEST_F(StorageLocksTest, AWatchThatLostItsSessionStillCancelsAtTheEnd) {
  const auto busy = shared_cluster().connect(database_);
  const auto pid = backend_pid(*busy);
  std::atomic<bool> over{false};
  auto options = shared_cluster().options(database_);
  options.application_name = "the watch";
  const auto watch =
      LockWatch::start(options, *pid, [&] { return over.load(); }, std::chrono::milliseconds(20));
  ASSERT_TRUE(watch);
  const auto admin = shared_cluster().connect(database_);
  ASSERT_EQ(scalar(*admin,
                   "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                   "application_name = 'the watch'"),
            "t");
  over = true;
  const auto cancelled = busy->query("SELECT pg_sleep(600)");
  ASSERT_FALSE(cancelled);
  EXPECT_NE(cancelled.error().what.find("57014"), std::string::npos) << cancelled.error().what;
}

TEST_F(StorageLocksTest, WorkThatCanWaitGivesWayToAWriter) {
  const auto writer = connect("gatherer");
  append_deltas(*writer, 0, 10, 1);
  const auto busy = shared_cluster().connect(database_);
  const auto pid = backend_pid(*busy);
  ASSERT_TRUE(pid);
  ASSERT_TRUE(busy->begin());
  ASSERT_TRUE(busy->exec("LOCK TABLE orderbook_deltas IN EXCLUSIVE MODE"));
  std::jthread waiting([&] { append_deltas(*writer, 100, 10, 1); });
  {
    const auto watch = LockWatch::start(
        shared_cluster().options(database_), *pid, [] { return false; },
        std::chrono::milliseconds(50));
    ASSERT_TRUE(watch);
    const auto cancelled = busy->query("SELECT pg_sleep(600)");
    ASSERT_FALSE(cancelled);
    EXPECT_NE(cancelled.error().what.find("57014"), std::string::npos) << cancelled.error().what;
  }
  ASSERT_TRUE(busy->rollback());
  waiting.join();
  EXPECT_EQ(count_of(*writer, "orderbook_deltas"), "20");
}

}  // namespace
}  // namespace kd
