#include "database/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kd {
namespace {

const std::vector<Migration> kKnown{{1, "roles", "", "aa"}, {2, "tables", "", "bb"}};

TEST(PendingMigrationsTest, AreThoseAfterTheLastOneApplied) {
  EXPECT_EQ(pending_migrations(kKnown, {})->size(), 2U);
  const std::vector<AppliedMigration> one{{1, "roles", "aa"}};
  const auto pending = pending_migrations(kKnown, one);
  ASSERT_TRUE(pending);
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(pending->front().version, 2);
}

TEST(PendingMigrationsTest, RefusesAnEditedOne) {
  const std::vector<AppliedMigration> edited{{1, "roles", "ax"}};
  const auto pending = pending_migrations(kKnown, edited);
  ASSERT_FALSE(pending);
  EXPECT_EQ(pending.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(pending.error().what, testing::HasSubstr("0001 (roles)"));
}

TEST(PendingMigrationsTest, RefusesADatabaseNewerThanTheProgram) {
  const std::vector<AppliedMigration> newer{{1, "roles", "aa"}, {2, "tables", "bb"}, {3, "x", "c"}};
  const auto pending = pending_migrations(kKnown, newer);
  ASSERT_FALSE(pending);
  EXPECT_THAT(pending.error().what, testing::HasSubstr("newer than this program"));
}

TEST(MigrationsTest, AreNumberedFromOneWithoutHoles) {
  for (const auto kind : {SchemaKind::kGatherer, SchemaKind::kProduction}) {
    int expected = 1;
    for (const auto& migration : migrations_of(kind)) {
      EXPECT_EQ(migration.version, expected++);
      EXPECT_EQ(migration.checksum.size(), 64U);
      EXPECT_FALSE(migration.sql.empty());
    }
    EXPECT_GT(expected, 1);
  }
}

}  // namespace
}  // namespace kd
