// What is dropped and compressed, when, and what never is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database/maintenance.h"
#include "integration/storage_rows.h"
#include "support/eventually.h"
#include "support/pg_cluster.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using std::chrono::hours;

bool on_timescaledb() { return shared_cluster().engine() == StorageEngine::kTimescaleDb; }

std::string partitions_of(Connection& session, const std::string& table) {
  return scalar(session, "SELECT count(*) FROM kd_partitions('" + table + "')");
}

// Eight days of hourly partitions of changes, 100 rows each, and a clock at their end.
class GathererRetentionTest : public testing::Test {
 protected:
  static constexpr std::int64_t kHours = 8 * 24;

  void SetUp() override {
    append_deltas(*writer_, 0, kHours * 100, kHourUs / 100);
    ASSERT_EQ(partitions_of(*writer_, "orderbook_deltas"), std::to_string(kHours));
  }

  Maintenance::Options options(int kept_hours) const {
    return {.connect = shared_cluster().options(database_, "gatherer"),
            .kind = SchemaKind::kGatherer,
            .keep = {{"orderbook_deltas", hours(kept_hours)}},
            .keep_others = std::nullopt,
            .compress_after = hours(24),
            .without_export = "keep",
            .interval = std::chrono::milliseconds(60'000),
            .leads = [] { return true; },
            .now = [] { return micros_from_us(kHours * kHourUs); }};
  }

  Maintenance::Status round(const Maintenance::Options& options) {
    Maintenance maintenance(options, silent_logger());
    const auto done = maintenance.run_round();
    EXPECT_TRUE(done) << done.error().what;
    const auto status = maintenance.status();
    EXPECT_EQ(status.last_error, "");
    return status;
  }

  void acknowledge(const std::string& consumer, const std::string& table, std::int64_t position) {
    const auto reader = shared_cluster().connect(database_, "dedup_reader");
    const auto done = reader->execute(
        "INSERT INTO sync_acks VALUES ($1, $2, $3) ON CONFLICT (consumer, table_name) DO UPDATE "
        "SET position = EXCLUDED.position",
        {consumer, table, std::to_string(position)});
    ASSERT_TRUE(done) << done.error().what;
  }

  const std::string database_ = shared_cluster().make_database("kept", SchemaKind::kGatherer);
  std::unique_ptr<Connection> writer_ = shared_cluster().connect(database_, "gatherer");
};

TEST_F(GathererRetentionTest, DropsNothingWhileTheDeduplicatorIsAway) {
  const auto status = round(options(7 * 24));
  EXPECT_EQ(status.dropped, 0);
  EXPECT_EQ(status.tables.at("orderbook_deltas").held, 23);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "19200");
}

TEST_F(GathererRetentionTest, DropsWhatIsOldOnceItIsAcknowledged) {
  acknowledge("production", "orderbook_deltas", kHours * kHourUs - 1);
  const auto status = round(options(7 * 24));
  EXPECT_EQ(status.dropped, 23) << "its newest row is 36 s short of the eighth day's end";
  EXPECT_EQ(status.tables.at("orderbook_deltas").held, 0);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), std::to_string(19'200 - 2'300));
  EXPECT_EQ(scalar(*writer_, "SELECT min(position) FROM orderbook_deltas"),
            std::to_string(23 * kHourUs));
}

TEST_F(GathererRetentionTest, KeepsThePartitionOfTheLastAcknowledgedRow) {
  acknowledge("production", "orderbook_deltas", 5 * kHourUs);
  EXPECT_EQ(round(options(24)).dropped, 5);
  EXPECT_EQ(scalar(*writer_, "SELECT count(*) FROM orderbook_deltas WHERE position = " +
                                 std::to_string(5 * kHourUs)),
            "1")
      << "the deduplicator's cursor must find its row";
}

TEST_F(GathererRetentionTest, WaitsForTheSlowestConsumer) {
  acknowledge("production", "orderbook_deltas", kHours * kHourUs - 1);
  acknowledge("second production", "orderbook_deltas", 3 * kHourUs);
  EXPECT_EQ(round(options(24)).dropped, 3);
  acknowledge("third, which only took trades so far", "trades", 1);
  acknowledge("second production", "orderbook_deltas", kHours * kHourUs - 1);
  EXPECT_EQ(round(options(24)).dropped, 0);
}

TEST_F(GathererRetentionTest, WaitsForEveryShardOfADatabase) {
  const auto acknowledged = [this] {
    return scalar(*writer_, "SELECT kd_acknowledged('orderbook_deltas')");
  };
  acknowledge("prod/0/3", "orderbook_deltas", 9 * kHourUs);
  acknowledge("prod/2/3", "orderbook_deltas", 5 * kHourUs);
  EXPECT_EQ(acknowledged(), "0");
  EXPECT_EQ(round(options(24)).dropped, 0);
  acknowledge("prod/1/3", "orderbook_deltas", 7 * kHourUs);
  EXPECT_EQ(acknowledged(), std::to_string(5 * kHourUs));
  acknowledge("prod/1/2", "orderbook_deltas", 8 * kHourUs);
  EXPECT_EQ(acknowledged(), "0") << "of two shards the first is missing";
  acknowledge("prod/0/2", "orderbook_deltas", 8 * kHourUs);
  EXPECT_EQ(acknowledged(), std::to_string(5 * kHourUs));
  acknowledge("other/3/3", "orderbook_deltas", 9 * kHourUs);
  EXPECT_EQ(acknowledged(), "0") << "another database's shards are its own";
}

TEST_F(GathererRetentionTest, TheDatabaseItselfRefusesWhateverTheCallerSays) {
  const auto drop = "SELECT kd_drop_partitions('orderbook_deltas', 9223372036854775807)";
  EXPECT_EQ(scalar(*writer_, drop), "0");
  acknowledge("production", "orderbook_deltas", kHourUs);
  EXPECT_EQ(scalar(*writer_, drop), "1");
  EXPECT_EQ(scalar(*writer_, drop), "0");
}

TEST_F(GathererRetentionTest, AClockThreeYearsAheadDropsNothing) {
  acknowledge("production", "orderbook_deltas", kHours * kHourUs - 1);
  auto ahead = options(8 * 24);
  ahead.now = [] { return micros_from_us(kHours * kHourUs + 3 * 365 * kDayUs); };
  EXPECT_EQ(round(ahead).dropped, 0);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "19200");
}

TEST_F(GathererRetentionTest, ARecordingGoesOnInPartitionsMadeAhead) {
  round(options(30 * 24));
  if (on_timescaledb()) return;  // makes chunks as rows come
  EXPECT_EQ(scalar(*writer_, "SELECT max(to_key) FROM kd_partitions('orderbook_deltas')"),
            std::to_string((kHours + 1) * kHourUs));
  EXPECT_EQ(partitions_of(*writer_, "watermarks"), "2");
}

TEST_F(GathererRetentionTest, OneMaintainerAtATime) {
  acknowledge("production", "orderbook_deltas", kHours * kHourUs - 1);
  Maintenance first(options(30 * 24), silent_logger());
  ASSERT_TRUE(first.run_round());
  EXPECT_TRUE(first.status().maintains);
  const auto second = round(options(24));
  EXPECT_FALSE(second.maintains);
  EXPECT_EQ(second.dropped, 0);
}

TEST_F(GathererRetentionTest, AStoppedMaintainerLosesTheLock) {
  auto often = options(30 * 24);
  often.interval = std::chrono::milliseconds(50);
  Maintenance stopped(often, silent_logger());
  ASSERT_TRUE(stopped.run_round());
  Maintenance next(often, silent_logger());
  EXPECT_TRUE(eventually([&] { return next.run_round() && next.status().maintains; }));
  const auto back = stopped.run_round();
  EXPECT_TRUE(back) << back.error().what;
}

TEST_F(GathererRetentionTest, ASessionThatTheServerEndedIsOpenedAnew) {
  Maintenance maintenance(options(30 * 24), silent_logger());
  ASSERT_TRUE(maintenance.run_round());
  const auto admin = shared_cluster().connect(database_);
  ASSERT_TRUE(
      admin->query("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = "
                   "'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = "
                   "current_database())"));
  const auto again = maintenance.run_round();
  EXPECT_TRUE(again) << again.error().what;
  EXPECT_TRUE(maintenance.status().maintains);
  EXPECT_EQ(maintenance.status().errors, 0);
}

TEST_F(GathererRetentionTest, RestsWhileItDoesNotLead) {
  acknowledge("production", "orderbook_deltas", kHours * kHourUs - 1);
  auto follower = options(24);
  follower.leads = [] { return false; };
  EXPECT_EQ(round(follower).dropped, 0);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "19200");
}

TEST_F(GathererRetentionTest, CompressesOldChunksToLessAndLosesNoRow) {
  constexpr const char* kDigest =
      "SELECT format('%s %s', count(*), sum(hashtextextended(d::text, 0))) "
      "FROM orderbook_deltas d";
  const auto before = scalar(*writer_, kDigest);
  const auto status = round(options(30 * 24));
  EXPECT_EQ(scalar(*writer_, kDigest), before);
  const auto& figures = status.tables.at("orderbook_deltas");
  if (!on_timescaledb()) {
    EXPECT_EQ(status.compressed, 0);
    return;
  }
  EXPECT_EQ(figures.compressed, kHours - 25);
  EXPECT_EQ(figures.compressed, status.compressed);
  EXPECT_EQ(round(options(30 * 24)).compressed, 0) << "once is enough";
}

TEST_F(GathererRetentionTest, ACompressedChunkIsAFractionOfItsSize) {
  append_deltas(*writer_, 1, 20'000, kHourUs / 20'000);
  const auto bytes = [this] {
    return std::stoll(scalar(*writer_,
                             "SELECT bytes FROM kd_partitions('orderbook_deltas') "
                             "ORDER BY from_key LIMIT 1"));
  };
  const auto before = bytes();
  round(options(30 * 24));
  if (on_timescaledb()) {
    EXPECT_LT(bytes(), before / 3);
  } else {
    EXPECT_EQ(bytes(), before);
  }
}

// Production, by exchange time: three days of changes.
class ProductionRetentionTest : public testing::Test {
 protected:
  void SetUp() override { append_merged_deltas(*writer_, 0, 72 * 100, kHourUs / 100); }

  Maintenance::Status round(const std::string& without_export) {
    Maintenance maintenance({.connect = shared_cluster().options(database_, "deduplicator"),
                             .kind = SchemaKind::kProduction,
                             .keep = {{"orderbook_deltas", hours(24)}},
                             .keep_others = std::nullopt,
                             .compress_after = hours(48),
                             .without_export = without_export,
                             .interval = std::chrono::milliseconds(60'000),
                             .leads = [] { return true; },
                             .now = [] { return micros_from_us(72 * kHourUs); }},
                            silent_logger());
    const auto done = maintenance.run_round();
    EXPECT_TRUE(done) << done.error().what;
    return maintenance.status();
  }

  const std::string database_ = shared_cluster().make_database("kept", SchemaKind::kProduction);
  std::unique_ptr<Connection> writer_ = shared_cluster().connect(database_, "deduplicator");
};

TEST_F(ProductionRetentionTest, KeepsEverythingThatIsNotExported) {
  EXPECT_EQ(round("keep").dropped, 0);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "7200");
}

TEST_F(ProductionRetentionTest, DropsWhatIsExportedAndOld) {
  const auto owner = shared_cluster().connect(database_);
  ASSERT_TRUE(owner->exec("INSERT INTO export_progress VALUES ('orderbook_deltas', 18000000000)"));
  EXPECT_EQ(round("keep").dropped, 5);
  EXPECT_EQ(round("drop").dropped, 0) << "exported tables are dropped as far as they are exported";
  ASSERT_TRUE(owner->exec("UPDATE export_progress SET exported_until = 9223372036854775807"));
  EXPECT_EQ(round("keep").dropped, 42);
}

TEST_F(ProductionRetentionTest, DropsWithoutExportOnlyWhenTold) {
  EXPECT_EQ(round("drop").dropped, 47);
  EXPECT_EQ(scalar(*writer_, "SELECT min(exchange_ts) FROM orderbook_deltas"),
            std::to_string(47 * kHourUs));
}

TEST_F(ProductionRetentionTest, TheDatabaseItselfRefusesWhateverTheCallerSays) {
  const auto drop = [this](const std::string& without_export) {
    return scalar(*writer_, "SELECT kd_drop_partitions('orderbook_deltas', 9223372036854775807, '" +
                                without_export + "')");
  };
  EXPECT_EQ(drop("keep"), "0");
  EXPECT_THAT(drop("anything"), testing::HasSubstr("keep or drop"));
  ASSERT_TRUE(shared_cluster().connect(database_)->exec(
      "INSERT INTO export_progress VALUES ('orderbook_deltas', 3600000000)"));
  EXPECT_EQ(drop("drop"), "1");
  EXPECT_EQ(drop("drop"), "0");
}

TEST_F(ProductionRetentionTest, TheDatabaseItselfKeepsTheNewestDay) {
  const auto drop = [this] {
    return scalar(*writer_,
                  "SELECT kd_drop_partitions('orderbook_deltas', 9223372036854775807, 'drop')");
  };
  int dropped = 0;
  while (drop() == "1") ++dropped;
  EXPECT_EQ(dropped, 47) << "the newest change is 36 s short of the third day's end";
  ASSERT_TRUE(shared_cluster().connect(database_)->exec("TRUNCATE orderbook_deltas"));
  EXPECT_EQ(drop(), "0") << "nothing recorded tells what is old";
}

TEST_F(ProductionRetentionTest, AClockThatStampsTheFutureDropsNothing) {
  const auto future = std::to_string(5 * 365 * kDayUs);
  ASSERT_TRUE(writer_->query("SELECT kd_ensure_partitions('series_versions', $1, $1)", {future}));
  const auto done =
      writer_->exec("INSERT INTO series_versions (seen_at, ticker) VALUES (" + future + ", 'A')");
  ASSERT_TRUE(done) << done.error().what;
  Maintenance maintenance({.connect = shared_cluster().options(database_, "deduplicator"),
                           .kind = SchemaKind::kProduction,
                           .keep = {{"orderbook_deltas", hours(48)}},
                           .keep_others = std::nullopt,
                           .compress_after = hours(72),
                           .without_export = "drop",
                           .interval = std::chrono::milliseconds(60'000),
                           .leads = [] { return true; },
                           .now = [] { return micros_from_us(5 * 365 * kDayUs); }},
                          silent_logger());
  ASSERT_TRUE(maintenance.run_round());
  EXPECT_EQ(maintenance.status().dropped, 23) << "what is old by the exchange's time alone";
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "4900");
}

TEST_F(ProductionRetentionTest, TakesLateRowsIntoACompressedChunk) {
  round("keep");
  append_merged_deltas(*writer_, 1, 100, kHourUs / 100);
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "7300");
  const auto again = writer_->exec(
      "INSERT INTO orderbook_deltas SELECT * FROM orderbook_deltas WHERE exchange_ts < 3600000000 "
      "ON CONFLICT DO NOTHING");
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, 0) << "the key still holds";
  const auto repeated = writer_->exec(
      "INSERT INTO orderbook_deltas SELECT * FROM orderbook_deltas WHERE exchange_ts = 0");
  EXPECT_FALSE(repeated);
  EXPECT_EQ(round("keep").compressed, on_timescaledb() ? 1 : 0) << "the late rows follow";
  EXPECT_EQ(count_of(*writer_, "orderbook_deltas"), "7300");
}

}  // namespace
}  // namespace kd
