// From one engine to the other and back. Runs where TimescaleDB is installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database/storage_engine.h"
#include "integration/storage_rows.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;

PgCluster& cluster() {
  static PgCluster both({.engine = StorageEngine::kTimescaleDb, .settings = {}, .port = 0});
  return both;
}

// Privileges, keys and indexes of all partitioned tables.
std::string same_everywhere(Connection& admin) {
  return scalar(admin,
                "SELECT string_agg(format('%s %s %s', table_name, "
                "kd_grants_of(table_name::regclass), kd_index_definitions(table_name::regclass)), "
                "E'\\n' ORDER BY table_name) FROM kd_partitioning");
}

Expected<std::vector<int>> migrate_to(Connection& admin, StorageEngine engine) {
  return migrate(admin, SchemaKind::kProduction, engine);
}

TEST(StorageEngineChangeTest, GivesAnEmptyDatabaseTheSameTablesBothWays) {
  const auto name = cluster().make_empty_database("change");
  const auto admin = cluster().connect(name);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kNative));
  const auto native = same_everywhere(*admin);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kTimescaleDb));
  EXPECT_EQ(same_everywhere(*admin), native);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kNative));
  EXPECT_EQ(same_everywhere(*admin), native);
  EXPECT_EQ(storage_engine(*admin), StorageEngine::kNative);
}

TEST(StorageEngineChangeTest, IsRefusedForADatabaseWithRows) {
  const auto name = cluster().make_database("rows", SchemaKind::kProduction);
  const auto admin = cluster().connect(name);
  append_merged_deltas(*cluster().connect(name, "deduplicator"), 0, 10, 1'000);
  const auto refused = migrate_to(*admin, StorageEngine::kNative);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("keeps the storage engine it was made with"));
  EXPECT_EQ(storage_engine(*admin), StorageEngine::kTimescaleDb);
  EXPECT_EQ(count_of(*admin, "orderbook_deltas"), "10");
}

TEST(StorageEngineChangeTest, OfADatabaseFromBeforeItIsNativeWhenItHoldsRows) {
  const auto name = cluster().make_empty_database("older");
  const auto admin = cluster().connect(name);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kNative));
  ASSERT_TRUE(admin->exec("DELETE FROM kd_engine"));
  append_merged_deltas(*admin, 0, 10, 1'000);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kAuto));
  EXPECT_EQ(storage_engine(*admin), StorageEngine::kNative);
}

TEST(StorageEngineChangeTest, MakesTheViewsAnewWithTheirRights) {
  const auto name = cluster().make_empty_database("views");
  const auto admin = cluster().connect(name);
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kNative));
  ASSERT_TRUE(
      admin->exec("SET ROLE kalshi_owner; CREATE VIEW a AS SELECT ticker, price FROM trades; "
                  "CREATE VIEW b AS SELECT a.ticker FROM a JOIN orderbook_deltas USING (ticker); "
                  "REVOKE SELECT ON b FROM exporter; RESET ROLE"));
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kTimescaleDb));
  EXPECT_EQ(scalar(*admin,
                   "SELECT string_agg(format('%s %s %s', v, has_table_privilege('reader', "
                   "v, 'SELECT'), has_table_privilege('exporter', v, 'SELECT')), ', ') "
                   "FROM unnest(ARRAY['a', 'b']) v"),
            "a t t, b t f");
}

TEST(StorageEngineChangeTest, TakesInATableOfALaterMigration) {
  const auto name = cluster().make_database("later", SchemaKind::kProduction);
  const auto admin = cluster().connect(name);
  ASSERT_TRUE(admin->exec(
      "SET ROLE kalshi_owner; CREATE TABLE later (at bigint PRIMARY KEY) PARTITION BY RANGE (at); "
      "INSERT INTO kd_partitioning VALUES ('later', 3600000000, 'at'); RESET ROLE"));
  ASSERT_TRUE(migrate_to(*admin, StorageEngine::kAuto));
  EXPECT_TRUE(cluster().connect(name, "deduplicator")->exec("INSERT INTO later VALUES (7)"));
  EXPECT_EQ(scalar(*admin, "SELECT count(*) FROM kd_partitions('later')"), "1");
}

TEST(StorageEngineChangeTest, InstallsNoPolicyOfTheEngine) {
  const auto name = cluster().make_database("policies", SchemaKind::kProduction);
  EXPECT_EQ(scalar(*cluster().connect(name),
                   "SELECT count(*) FROM timescaledb_information.jobs "
                   "WHERE hypertable_name IS NOT NULL"),
            "0");
}

}  // namespace
}  // namespace kd
