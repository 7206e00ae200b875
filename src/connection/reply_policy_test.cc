#include "connection/reply_policy.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(ReplyPolicyTest, TerminalCodesReconnectAndBusyOnesWait) {
  for (const int code : {10, 17, 25}) EXPECT_EQ(reaction_to(code, false), Reaction::kReconnect);
  EXPECT_EQ(reaction_to(26, false), Reaction::kFull);
  for (const int code : {18, 27}) EXPECT_EQ(reaction_to(code, false), Reaction::kBackOff);
  for (const int code : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 28, 99}) {
    EXPECT_EQ(reaction_to(code, false), Reaction::kRefused) << code;
  }
}

TEST(ReplyPolicyTest, AnErrorThatNamesMarketsIsAboutThem) {
  EXPECT_EQ(reaction_to(10, true), Reaction::kRefused);
}

}  // namespace
}  // namespace kd
