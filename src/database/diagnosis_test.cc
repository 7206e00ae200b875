#include "database/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kd {
namespace {

using Level = Finding::Level;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'000'000'000'000'000;

// A gatherer's database as it should be, on another machine.
ServerFacts healthy() {
  ServerFacts facts;
  facts.target = "gatherer@db:5432/kalshi_ts";
  facts.role = "gatherer";
  facts.security = {
      .encrypted = true, .protocol = "TLSv1.3", .ssl_mode = "require", .local = false};
  facts.version = 150'020;
  facts.numbers = {{"max_connections", 100},
                   {"shared_buffers", 1LL << 30},
                   {"max_wal_size", 4LL << 30},
                   {"checkpoint_timeout", 900},
                   {"max_locks_per_transaction", 64}};
  facts.words = {{"fsync", "on"},
                 {"full_page_writes", "on"},
                 {"synchronous_commit", "on"},
                 {"wal_compression", "pglz"},
                 {"autovacuum", "on"}};
  facts.connections_used = 12;
  facts.engine = "native";
  facts.tables = {{.name = "trades",
                   .may_select = true,
                   .may_insert = true,
                   .may_change = false,
                   .partitions = 30,
                   .relations = 60,
                   .bytes = 1 << 30,
                   .oldest_end = kNow}};
  facts.acks = {{.consumer = "prod 0/1", .tables = 8, .age_seconds = 3}};
  facts.disk_free_ratio = 0.7;
  return facts;
}

std::vector<Finding> findings(const ServerFacts& facts,
                              SessionPurpose purpose = SessionPurpose::kRecord) {
  return diagnose(facts, {.purpose = purpose, .keep = {{"trades", std::chrono::hours(24)}}},
                  micros_from_us(kNow));
}

// The first finding of that name.
Finding finding(const ServerFacts& facts, const std::string& name,
                SessionPurpose purpose = SessionPurpose::kRecord) {
  for (const auto& found : findings(facts, purpose)) {
    if (found.name == name) return found;
  }
  return {.level = Level::kOk, .name = name, .value = "absent", .advice = {}};
}

TEST(DiagnosisTest, FindsNothingWrongWithAHealthyServer) {
  for (const auto& found : findings(healthy())) {
    EXPECT_EQ(found.level, Level::kOk) << found.name << ": " << found.value;
  }
}

TEST(DiagnosisTest, EveryFindingSaysWhatToDo) {
  ServerFacts broken;
  broken.schema_problem = "run: kalshi-data migrate";
  broken.words["fsync"] = "off";
  for (const auto& found : findings(broken)) {
    EXPECT_EQ(found.advice.empty(), found.level == Level::kOk) << found.name;
  }
}

TEST(DiagnosisTest, ProductionMustBeVerifiedAndAGathererEncrypted) {
  auto facts = healthy();
  EXPECT_EQ(finding(facts, "tls").level, Level::kOk);
  EXPECT_EQ(finding(facts, "tls", SessionPurpose::kMerge).level, Level::kFail);
  facts.security.ssl_mode = "verify-full";
  EXPECT_EQ(finding(facts, "tls", SessionPurpose::kMerge).level, Level::kOk);
  facts.security = {.encrypted = false, .protocol = "", .ssl_mode = "prefer", .local = false};
  EXPECT_EQ(finding(facts, "tls").level, Level::kFail);
  facts.security.local = true;
  EXPECT_EQ(finding(facts, "tls").level, Level::kOk);
}

TEST(DiagnosisTest, RowsThatTheRoleCouldChangeAreAFailure) {
  auto facts = healthy();
  facts.tables[0].may_change = true;
  EXPECT_EQ(finding(facts, "rights").level, Level::kFail);
  EXPECT_EQ(finding(facts, "rights").advice,
            "REVOKE UPDATE, DELETE, TRUNCATE ON trades FROM gatherer");
  facts = healthy();
  facts.tables[0].may_insert = false;
  EXPECT_THAT(finding(facts, "rights").advice, HasSubstr("GRANT SELECT, INSERT ON trades"));
  EXPECT_EQ(finding(facts, "rights", SessionPurpose::kCollect).level, Level::kOk);
  facts.superuser = true;
  EXPECT_EQ(finding(facts, "rights").level, Level::kWarn);
}

TEST(DiagnosisTest, UndurableServersFail) {
  for (const auto* name : {"fsync", "full_page_writes", "synchronous_commit", "autovacuum"}) {
    auto facts = healthy();
    facts.words[name] = "off";
    EXPECT_EQ(finding(facts, name).level, Level::kFail) << name;
  }
}

TEST(DiagnosisTest, SmallSettingsAreNamedWithTheCommand) {
  auto facts = healthy();
  facts.numbers["shared_buffers"] = 64 << 20;
  EXPECT_EQ(finding(facts, "shared_buffers").level, Level::kWarn);
  EXPECT_THAT(finding(facts, "shared_buffers").advice,
              HasSubstr("ALTER SYSTEM SET shared_buffers = '128MB'"));
  facts.connections_used = 96;
  EXPECT_EQ(finding(facts, "max_connections").level, Level::kFail);
  facts.tables[0].relations = 6'000;
  EXPECT_EQ(finding(facts, "max_locks_per_transaction").level, Level::kWarn);
}

TEST(DiagnosisTest, TellsWhoDidNotAcknowledge) {
  auto facts = healthy();
  facts.acks[0].age_seconds = 3'600;
  EXPECT_EQ(finding(facts, "acknowledged").level, Level::kWarn);
  facts.acks[0].age_seconds = 90'000;
  EXPECT_EQ(finding(facts, "acknowledged").level, Level::kFail);
  EXPECT_THAT(finding(facts, "acknowledged").advice, HasSubstr("consumer = 'prod 0/1'"));
  facts.acks.clear();
  EXPECT_EQ(finding(facts, "acknowledged").level, Level::kWarn);
}

TEST(DiagnosisTest, RetentionThatFellBehindIsNamed) {
  auto facts = healthy();
  facts.tables[0].oldest_end = kNow - 27LL * 3'600'000'000;
  EXPECT_EQ(finding(facts, "retention").level, Level::kWarn);
  EXPECT_THAT(finding(facts, "retention").value, HasSubstr("trades"));
  facts.tables[0].oldest_end = kNow - 25LL * 3'600'000'000;
  EXPECT_EQ(finding(facts, "retention").level, Level::kOk);
}

TEST(DiagnosisTest, ClocksDisksVersionsAndSchemas) {
  auto facts = healthy();
  facts.clock_skew = std::chrono::milliseconds(-7'000);
  facts.disk_free_ratio = 0.05;
  facts.version = 140'011;
  facts.schema_problem = "lacks migration 0005; run: kalshi-data migrate gatherer";
  for (const auto* name : {"clock", "disk", "version", "schema"}) {
    EXPECT_EQ(finding(facts, name).level, Level::kFail) << name;
  }
  EXPECT_EQ(finding(facts, "schema").advice, facts.schema_problem);
  facts = healthy();
  facts.engine_problem = "is kept by native";
  EXPECT_EQ(finding(facts, "engine").level, Level::kFail);
}

}  // namespace
}  // namespace kd
