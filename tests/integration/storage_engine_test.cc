// Which engine keeps a database, and what the same schema looks like on both.
#include "database/storage_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/storage_rows.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;

bool on_timescaledb() { return shared_cluster().engine() == StorageEngine::kTimescaleDb; }

TEST(StorageEngineTest, IsWhatTheDatabaseWasMadeWith) {
  for (const auto kind : {SchemaKind::kGatherer, SchemaKind::kProduction}) {
    const auto admin = shared_cluster().connect(shared_cluster().make_database("engine", kind));
    EXPECT_EQ(storage_engine(*admin), shared_cluster().engine());
    EXPECT_EQ(scalar(*admin,
                     "SELECT count(*) FROM kd_partitioning JOIN pg_class ON oid = "
                     "table_name::regclass WHERE relkind = 'p'"),
              on_timescaledb() ? "0" : scalar(*admin, "SELECT count(*) FROM kd_partitioning"));
  }
}

TEST(StorageEngineTest, OfTheConfigurationMustBeTheDatabasesOwn) {
  const auto name = shared_cluster().make_database("config", SchemaKind::kGatherer);
  const auto session = shared_cluster().connect(name, "gatherer");
  EXPECT_TRUE(require_engine(*session, "auto"));
  EXPECT_TRUE(require_engine(*session, name_of(shared_cluster().engine())));
  const auto* other = on_timescaledb() ? "native" : "timescaledb";
  const auto refused = require_engine(*session, other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(refused.error().what, HasSubstr(other));
}

TEST(StorageEngineTest, MigratingAgainKeepsIt) {
  const auto name = shared_cluster().make_database("again", SchemaKind::kProduction);
  const auto admin = shared_cluster().connect(name);
  const auto writer = shared_cluster().connect(name, "deduplicator");
  append_merged_deltas(*writer, 0, 1'000, 10'000'000);
  ASSERT_TRUE(migrate(*admin, SchemaKind::kProduction));
  EXPECT_EQ(storage_engine(*admin), shared_cluster().engine());
  EXPECT_EQ(count_of(*writer, "orderbook_deltas"), "1000");
}

TEST(StorageEngineTest, IsRefusedWhereTheServerCannotRunIt) {
  PgCluster plain({.engine = StorageEngine::kNative, .settings = {}, .port = 0});
  const auto admin = plain.connect(plain.make_empty_database("without"));
  const auto done = migrate(*admin, SchemaKind::kGatherer, StorageEngine::kTimescaleDb);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("shared_preload_libraries = 'timescaledb'"));
  EXPECT_TRUE(migrate(*admin, SchemaKind::kGatherer)) << "auto takes the native one";
  EXPECT_EQ(storage_engine(*admin), StorageEngine::kNative);
}

}  // namespace
}  // namespace kd
