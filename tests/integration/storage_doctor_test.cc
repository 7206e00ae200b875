// What the doctor says of real servers, sound and broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database/diagnosis.h"
#include "integration/storage_rows.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using Level = Finding::Level;
using testing::HasSubstr;

class DoctorTest : public testing::Test {
 protected:
  static Finding ask(const std::string& database, const std::string& role, const char* name,
                     SessionPurpose purpose, const std::string& engine = "auto") {
    const auto session = shared_cluster().connect(database, role);
    const auto facts = server_facts(*session, purpose, engine);
    EXPECT_TRUE(facts) << facts.error().what;
    if (!facts) return {};
    for (const auto& found : diagnose(*facts, {.purpose = purpose, .keep = {}}, wall_now())) {
      if (found.name == name) return found;
    }
    return {.level = Level::kOk, .name = name, .value = "absent", .advice = {}};
  }

  static Finding of_gatherer(const std::string& database, const char* name) {
    return ask(database, "gatherer", name, SessionPurpose::kRecord);
  }

  const std::string gatherer_ = shared_cluster().make_database("doctor", SchemaKind::kGatherer);
  const std::string production_ = shared_cluster().make_database("doctor", SchemaKind::kProduction);
};

TEST_F(DoctorTest, KnowsASoundDatabaseOfEachPurpose) {
  for (const auto* name : {"tls", "version", "schema", "engine", "rights", "clock", "retention"}) {
    EXPECT_EQ(of_gatherer(gatherer_, name).level, Level::kOk) << name;
    EXPECT_EQ(ask(gatherer_, "dedup_reader", name, SessionPurpose::kCollect).level, Level::kOk)
        << name;
    EXPECT_EQ(ask(production_, "deduplicator", name, SessionPurpose::kMerge).level, Level::kOk)
        << name;
  }
}

TEST_F(DoctorTest, GuessesWhatASessionIsFor) {
  const auto purpose = [](const std::string& database, const std::string& role) {
    return purpose_of(*shared_cluster().connect(database, role)).value();
  };
  EXPECT_EQ(purpose(gatherer_, "gatherer"), SessionPurpose::kRecord);
  EXPECT_EQ(purpose(gatherer_, "dedup_reader"), SessionPurpose::kCollect);
  EXPECT_EQ(purpose(production_, "deduplicator"), SessionPurpose::kMerge);
}

TEST_F(DoctorTest, SeesThatTheTestServerWouldLoseRowsInAPowerCut) {
  EXPECT_EQ(of_gatherer(gatherer_, "fsync").level, Level::kFail);
  EXPECT_EQ(of_gatherer(gatherer_, "full_page_writes").level, Level::kFail);
  EXPECT_EQ(of_gatherer(gatherer_, "shared_buffers").level, Level::kWarn);
}

TEST_F(DoctorTest, SeesADatabaseThatIsNotMigrated) {
  const auto empty = shared_cluster().make_empty_database("empty");
  const auto found = ask(empty, "", "schema", SessionPurpose::kRecord);
  EXPECT_EQ(found.level, Level::kFail);
  EXPECT_THAT(found.advice, HasSubstr("kalshi-data migrate gatherer"));
}

TEST_F(DoctorTest, SeesRightsThatWereGivenOrTaken) {
  const auto admin = shared_cluster().connect(gatherer_);
  ASSERT_TRUE(admin->exec("GRANT DELETE ON trades TO gatherer"));
  EXPECT_THAT(of_gatherer(gatherer_, "rights").advice, HasSubstr("REVOKE"));
  ASSERT_TRUE(admin->exec("REVOKE DELETE, INSERT ON trades FROM gatherer"));
  EXPECT_THAT(of_gatherer(gatherer_, "rights").advice, HasSubstr("GRANT SELECT, INSERT ON trades"));
  EXPECT_EQ(ask(gatherer_, "", "rights", SessionPurpose::kRecord).level, Level::kWarn)
      << "a superuser";
}

TEST_F(DoctorTest, SeesAnEngineThatTheConfigurationDoesNotWant) {
  const bool native = shared_cluster().engine() == StorageEngine::kNative;
  EXPECT_EQ(ask(production_, "deduplicator", "engine", SessionPurpose::kMerge,
                native ? "timescaledb" : "native")
                .level,
            Level::kFail);
}

TEST_F(DoctorTest, SeesWhoStoppedAcknowledging) {
  EXPECT_EQ(of_gatherer(gatherer_, "acknowledged").level, Level::kWarn);
  ASSERT_TRUE(shared_cluster()
                  .connect(gatherer_, "dedup_reader")
                  ->exec("INSERT INTO sync_acks VALUES ('old prod', 'trades', 1, now() - "
                         "interval '2 days')"));
  const auto found = of_gatherer(gatherer_, "acknowledged");
  EXPECT_EQ(found.level, Level::kFail);
  EXPECT_THAT(found.value, HasSubstr("old prod"));
}

}  // namespace
}  // namespace kd
