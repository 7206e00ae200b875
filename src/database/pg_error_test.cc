#include "database/pg_error.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(PgErrorTest, TellsBadDataFromALostSessionFromAWrongSetup) {
  EXPECT_EQ(remedy_of("23505"), Remedy::kDropItem);
  EXPECT_EQ(remedy_of("22P02"), Remedy::kDropItem);
  EXPECT_EQ(remedy_of("40P01"), Remedy::kRetry);
  EXPECT_EQ(remedy_of("55P03"), Remedy::kRetry);
  EXPECT_EQ(remedy_of("57014"), Remedy::kRetry);
  EXPECT_EQ(remedy_of("57P01"), Remedy::kReconnect);
  EXPECT_EQ(remedy_of("25P03"), Remedy::kReconnect);
  EXPECT_EQ(remedy_of(""), Remedy::kReconnect);
  EXPECT_EQ(remedy_of("28P01"), Remedy::kGiveUp);
  EXPECT_EQ(remedy_of("42P01"), Remedy::kGiveUp);
  EXPECT_EQ(remedy_of("42501"), Remedy::kGiveUp);
}

TEST(PgErrorTest, AMissingPartitionIsNoFaultOfTheRow) {
  EXPECT_EQ(remedy_of("23514", /*names_constraint=*/true), Remedy::kDropItem);
  EXPECT_EQ(remedy_of("23514", /*names_constraint=*/false), Remedy::kReconnect);
  EXPECT_EQ(remedy_of("23502", /*names_constraint=*/false), Remedy::kDropItem);
}

TEST(PgErrorTest, FindsTheStateInAVerboseMessage) {
  EXPECT_EQ(sqlstate_in("connection to server failed: FATAL:  28P01: password authentication"),
            "28P01");
  EXPECT_EQ(sqlstate_in("could not connect: Connection refused"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  sorry, too many clients already"), "");
}

TEST(PgErrorTest, NeverRepeatsASecret) {
  EXPECT_EQ(clean_message("invalid: \"hunter2\" hunter2\nDETAIL", "hunter2"), "invalid: \"…\" …");
  EXPECT_EQ(clean_message("plain", ""), "plain");
}

}  // namespace
}  // namespace kd
