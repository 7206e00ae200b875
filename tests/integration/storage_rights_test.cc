// Append-only by privilege, for the tables and for every partition of them, whenever it was made.
#include <gtest/gtest.h>

#include "integration/storage_rows.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

struct Right {
  const char* role;
  const char* may;  // of SELECT, INSERT, UPDATE, DELETE, TRUNCATE
};

class StorageRightsTest : public testing::Test {
 protected:
  // "SELECT,INSERT": what `role` may do with `table`.
  static std::string rights(Connection& admin, const std::string& role, const std::string& table) {
    return scalar(admin,
                  "SELECT coalesce(string_agg(p, ',' ORDER BY n), '') FROM unnest(ARRAY['SELECT', "
                  "'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) WITH ORDINALITY AS x (p, n) "
                  "WHERE has_table_privilege('" +
                      role + "', '" + table + "', p)");
  }

  static void expect_rights(Connection& admin, const std::vector<Right>& wanted) {
    const auto tables = admin.query(
        "SELECT table_name FROM kd_partitioning UNION ALL "
        "SELECT partition FROM kd_partitions() UNION ALL "
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid "
        "= relnamespace WHERE relname LIKE 'compress_hyper%' AND relkind = 'r'");
    ASSERT_TRUE(tables);
    for (const auto& table : *tables) {
      for (const auto& [role, may] : wanted) {
        EXPECT_EQ(rights(admin, role, text_at(table, 0)), may)
            << role << " on " << text_at(table, 0);
      }
    }
  }
};

TEST_F(StorageRightsTest, OfAGatherersTablesAndPartitions) {
  const auto name = shared_cluster().make_database("rights", SchemaKind::kGatherer);
  const auto admin = shared_cluster().connect(name);
  const auto writer = shared_cluster().connect(name, "gatherer");
  append_deltas(*writer, 0, 100, 100'000'000);
  ASSERT_TRUE(writer->query("SELECT kd_compress_partition('orderbook_deltas', 0)"));
  expect_rights(*admin, {{"gatherer", "SELECT,INSERT"}, {"dedup_reader", "SELECT"}});
}

TEST_F(StorageRightsTest, OfProductionsTablesAndPartitions) {
  const auto name = shared_cluster().make_database("rights", SchemaKind::kProduction);
  const auto admin = shared_cluster().connect(name);
  const auto writer = shared_cluster().connect(name, "deduplicator");
  append_merged_deltas(*writer, 0, 100, 100'000'000);
  ASSERT_TRUE(writer->query("SELECT kd_compress_partition('orderbook_deltas', 0)"));
  expect_rights(*admin,
                {{"deduplicator", "SELECT,INSERT"}, {"reader", "SELECT"}, {"exporter", "SELECT"}});
}

TEST_F(StorageRightsTest, NobodyElseMaintains) {
  const auto production = shared_cluster().make_database("rights", SchemaKind::kProduction);
  const auto gatherer = shared_cluster().make_database("rights", SchemaKind::kGatherer);
  const auto denied = [](const std::string& database, const char* role, const char* call) {
    const auto done = shared_cluster().connect(database, role)->query(call);
    return !done && done.error().what.find("42501") != std::string::npos;
  };
  for (const auto* role : {"reader", "exporter"}) {
    EXPECT_TRUE(denied(production, role, "SELECT kd_drop_partitions('trades', 1, 'drop')"));
    EXPECT_TRUE(denied(production, role, "SELECT kd_compress_partition('trades', 1)"));
  }
  EXPECT_TRUE(denied(gatherer, "dedup_reader", "SELECT kd_drop_partitions('trades', 1)"));
  EXPECT_TRUE(denied(production, "deduplicator", "SELECT kd_use_engine('native')"));
  EXPECT_TRUE(denied(production, "deduplicator", "SELECT kd_drop_before('trades', 1)"));
  EXPECT_TRUE(
      denied(production, "deduplicator", "INSERT INTO export_progress VALUES ('trades', 1)"))
      << "until there is an exporter, nobody may say that something is exported";
}

}  // namespace
}  // namespace kd
