#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "database/migrations.h"
#include "database/partitions.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;

TEST(MigrateTest, MayBeRunAgain) {
  const auto name = shared_cluster().make_database("rerun", SchemaKind::kGatherer);
  const auto admin = shared_cluster().connect(name);
  const auto again = migrate(*admin, SchemaKind::kGatherer);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_TRUE(again->empty());
  EXPECT_TRUE(require_schema(*admin, SchemaKind::kGatherer));
}

TEST(MigrateTest, SaysWhichCommandAnEmptyDatabaseNeeds) {
  const auto name = shared_cluster().make_empty_database("empty");
  const auto schema = require_schema(*shared_cluster().connect(name), SchemaKind::kProduction);
  ASSERT_FALSE(schema);
  EXPECT_EQ(schema.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(schema.error().what, HasSubstr("kalshi-data migrate production"));
}

TEST(MigrateTest, RefusesAnEditedMigrationAndChangesNothing) {
  const auto name = shared_cluster().make_empty_database("edited");
  const auto admin = shared_cluster().connect(name);
  const std::vector<Migration> first{{1, "one", "CREATE TABLE one (x int)", "aa"}};
  ASSERT_TRUE(apply_migrations(*admin, SchemaKind::kGatherer, first));
  const std::vector<Migration> edited{{1, "one", "CREATE TABLE one (x int)", "ab"},
                                      {2, "two", "CREATE TABLE two (x int)", "bb"}};
  const auto result = apply_migrations(*admin, SchemaKind::kGatherer, edited);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("must not be edited"));
  EXPECT_EQ(scalar(*admin, "SELECT to_regclass('two')"), "NULL");
}

TEST(MigrateTest, RefusesASchemaNewerThanTheProgram) {
  const auto name = shared_cluster().make_empty_database("newer");
  const auto admin = shared_cluster().connect(name);
  const std::vector<Migration> two{{1, "one", "SELECT 1", "aa"}, {2, "two", "SELECT 1", "bb"}};
  ASSERT_TRUE(apply_migrations(*admin, SchemaKind::kGatherer, two));
  const auto result = apply_migrations(*admin, SchemaKind::kGatherer, std::span(two).first(1));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("newer than this program"));
}

TEST(MigrateTest, LeavesNothingOfAMigrationThatFails) {
  const auto name = shared_cluster().make_empty_database("broken");
  const auto admin = shared_cluster().connect(name);
  const std::vector<Migration> broken{{1, "one", "CREATE TABLE one (x int); SELECT 1/0", "aa"}};
  const auto result = apply_migrations(*admin, SchemaKind::kGatherer, broken);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("0001 one"));
  EXPECT_EQ(scalar(*admin, "SELECT to_regclass('one')"), "NULL");
}

TEST(MigrateTest, TellsTheTwoKindsOfDatabaseApart) {
  const auto name = shared_cluster().make_database("kinds", SchemaKind::kGatherer);
  const auto admin = shared_cluster().connect(name);
  EXPECT_THAT(migrate(*admin, SchemaKind::kProduction).error().what, HasSubstr("gatherer schema"));
}

class PrivilegesTest : public testing::Test {
 protected:
  // The SQLSTATE class of what `role` gets for `sql`, or "ok".
  static std::string as(const std::string& database, const std::string& role,
                        const std::string& sql) {
    const auto done = shared_cluster().connect(database, role)->exec(sql);
    if (done) return "ok";
    return done.error().what.find("42501") != std::string::npos ? "denied" : done.error().what;
  }

  const std::string gatherer_ = shared_cluster().make_database("rights", SchemaKind::kGatherer);
  const std::string production_ = shared_cluster().make_database("rights", SchemaKind::kProduction);
};

TEST_F(PrivilegesTest, AGathererAppendsAndNothingElse) {
  EXPECT_EQ(as(gatherer_, "gatherer", "SELECT kd_ensure_partitions('quarantine', 5, 5)"), "ok");
  EXPECT_EQ(as(gatherer_, "gatherer", "INSERT INTO quarantine VALUES (5, 1, 'r', '\\x00')"), "ok");
  EXPECT_EQ(as(gatherer_, "gatherer", "UPDATE quarantine SET reason = 'x'"), "denied");
  EXPECT_EQ(as(gatherer_, "gatherer", "DELETE FROM quarantine"), "denied");
  EXPECT_EQ(as(gatherer_, "gatherer", "TRUNCATE quarantine"), "denied");
  EXPECT_EQ(as(gatherer_, "gatherer", "CREATE TABLE mine (x int)"), "denied");
  EXPECT_EQ(
      as(gatherer_, "gatherer", "UPDATE database_identity SET database_id = gen_random_uuid()"),
      "denied");
}

TEST_F(PrivilegesTest, ADedupReaderOnlyReads) {
  EXPECT_EQ(as(gatherer_, "dedup_reader", "SELECT * FROM orderbook_deltas"), "ok");
  EXPECT_EQ(as(gatherer_, "dedup_reader", "INSERT INTO quarantine VALUES (5, 1, 'r', '\\x00')"),
            "denied");
  EXPECT_EQ(as(gatherer_, "dedup_reader", "SELECT kd_ensure_partitions('trades', 5, 5)"), "denied");
}

TEST_F(PrivilegesTest, ADeduplicatorAppendsAndMovesCursors) {
  EXPECT_EQ(as(production_, "deduplicator", "INSERT INTO sync_cursors VALUES ('g', 'trades')"),
            "ok");
  EXPECT_EQ(as(production_, "deduplicator", "UPDATE sync_cursors SET position = 7"), "ok");
  EXPECT_EQ(as(production_, "deduplicator", "UPDATE trades SET size = 1"), "denied");
  EXPECT_EQ(as(production_, "deduplicator", "DELETE FROM ledger"), "denied");
}

TEST_F(PrivilegesTest, PeopleAndExporterOnlyRead) {
  for (const auto* role : {"reader", "exporter"}) {
    EXPECT_EQ(as(production_, role, "SELECT * FROM orderbook_deltas"), "ok");
    EXPECT_EQ(as(production_, role, "INSERT INTO sync_cursors VALUES ('g', 'trades')"), "denied");
  }
}

TEST_F(PrivilegesTest, CoverTablesMadeLater) {
  const auto admin = shared_cluster().connect(production_);
  ASSERT_TRUE(admin->exec("SET ROLE kalshi_owner; CREATE TABLE later (x int)"));
  EXPECT_EQ(as(production_, "reader", "SELECT * FROM later"), "ok");
  EXPECT_EQ(as(production_, "deduplicator", "INSERT INTO later VALUES (1)"), "ok");
  EXPECT_EQ(as(production_, "deduplicator", "DELETE FROM later"), "denied");
}

class PartitionsTest : public testing::Test {
 protected:
  static constexpr std::int64_t kHour = 3'600'000'000;
  const std::string database_ = shared_cluster().make_database("parts", SchemaKind::kGatherer);
  std::unique_ptr<Connection> writer_ = shared_cluster().connect(database_, "gatherer");
};

TEST_F(PartitionsTest, AreMadeForTheKeysAskedForAndOnlyOnce) {
  auto partitions = Partitions::load(*writer_);
  ASSERT_TRUE(partitions);
  EXPECT_EQ(partitions->width_us("orderbook_deltas"), kHour);
  EXPECT_EQ(partitions->width_us("trades"), 24 * kHour);
  ASSERT_TRUE(partitions->ensure(*writer_, "orderbook_deltas", kHour - 1, kHour));
  const bool native = shared_cluster().engine() == StorageEngine::kNative;
  EXPECT_EQ(scalar(*writer_, "SELECT kd_ensure_partitions('orderbook_deltas', 0, 7200000000)"),
            native ? "1" : "0")
      << "a hypertable makes its chunks when rows come";
  EXPECT_EQ(scalar(*writer_, "SELECT count(*) FROM kd_partitions('orderbook_deltas')"),
            native ? "3" : "0");
}

TEST_F(PartitionsTest, AreMadeWhileAnotherSessionWritesToTheTable) {
  auto partitions = Partitions::load(*writer_);
  ASSERT_TRUE(partitions->ensure(*writer_, "quarantine", 5, 5));
  const auto busy = shared_cluster().connect(database_, "gatherer");
  ASSERT_TRUE(busy->begin());
  ASSERT_TRUE(busy->exec("INSERT INTO quarantine VALUES (5, 1, 'r', '\\x00')"));
  EXPECT_TRUE(partitions->ensure(*writer_, "quarantine", kHour, kHour));
  EXPECT_TRUE(busy->exec("INSERT INTO quarantine VALUES (3600000001, 1, 'r', '\\x00')"));
  EXPECT_TRUE(busy->commit());
}

TEST_F(PartitionsTest, RefuseAnAbsurdRange) {
  const auto made = writer_->query("SELECT kd_ensure_partitions('trades', 0, 900000000000000000)");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().remedy, Remedy::kDropItem);
}

}  // namespace
}  // namespace kd
