#include <gtest/gtest.h>

#include "connection/auth_gate.h"
#include "connection/dial_pacer.h"
#include "connection/health.h"
#include "connection/redial_policy.h"
#include "connection/reply_policy.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(ReplyPolicyTest, EveryCodeOfTheProtocolHasItsReaction) {
  for (const int code : {7, 10, 17}) EXPECT_EQ(reaction_to(code, false), Reaction::kResubscribe);
  EXPECT_EQ(reaction_to(25, false), Reaction::kOverflow);
  EXPECT_EQ(reaction_to(26, false), Reaction::kFull);
  for (const int code : {18, 27}) EXPECT_EQ(reaction_to(code, false), Reaction::kBackOff);
  for (const int code : {1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 16, 28, 99}) {
    EXPECT_EQ(reaction_to(code, false), Reaction::kRefused) << code;
  }
}

TEST(ReplyPolicyTest, AnErrorThatNamesMarketsIsAboutThem) {
  EXPECT_EQ(reaction_to(10, true), Reaction::kRefused);
}

struct End {
  WsEnd::Kind kind;
  int code;
  std::chrono::milliseconds least;
};

TEST(RedialPolicyTest, EveryEndHasItsWait) {
  using Kind = WsEnd::Kind;
  const End table[] = {
      {Kind::kClosed, 1000, 0s},   {Kind::kClosed, 1001, 0s},  {Kind::kLost, 0, 0s},  // 1006
      {Kind::kClosed, 1008, 30s},  {Kind::kClosed, 1011, 2s},  {Kind::kClosed, 1013, 10s},
      {Kind::kUnreachable, 0, 0s}, {Kind::kRefused, 429, 10s}, {Kind::kRefused, 503, 2s},
      {Kind::kRefused, 404, 30s},
  };
  for (const auto& [kind, code, least] : table) {
    EXPECT_EQ(redial_wait(kind, code, false, 0ms, 0), least) << code;
    EXPECT_EQ(redial_wait(kind, code, true, 0ms, 0), std::max(least, kDampedWait)) << code;
    EXPECT_EQ(redial_wait(kind, code, false, 5min, 0), 5min) << "the backoff counts as well";
    for (std::uint64_t random = 0; random < 100'000; random += 997) {
      EXPECT_LE(redial_wait(kind, code, false, 0ms, random), least * 3 / 2) << code;
    }
  }
}

TEST(AuthGateTest, AfterARefusalOneTriesForAll) {
  AuthGate gate(5min);
  const auto start = AuthGate::Time{} + 1h;
  gate.passed();
  EXPECT_TRUE(gate.may_dial(1, start));
  EXPECT_TRUE(gate.refused(start));
  EXPECT_FALSE(gate.refused(start)) << "no news";
  EXPECT_FALSE(gate.may_dial(1, start + 299s));
  EXPECT_TRUE(gate.may_dial(1, start + 300s));
  EXPECT_FALSE(gate.may_dial(2, start + 300s));
  EXPECT_TRUE(gate.may_dial(1, start + 300s));
  gate.undecided(1);  // the network failed: anybody may try
  EXPECT_TRUE(gate.may_dial(2, start + 301s));
  gate.passed();
  EXPECT_TRUE(gate.may_dial(3, start + 301s));
  EXPECT_TRUE(gate.ever_open());
}

TEST(AuthGateTest, CredentialsThatNeverPassedAreKnownAsSuch) {
  AuthGate gate(5min);
  EXPECT_FALSE(gate.ever_open());
  gate.refused(AuthGate::Time{} + 1h);
  EXPECT_FALSE(gate.may_dial(2, AuthGate::Time{} + 1h));
}

TEST(DialPacerTest, SpreadsDialsEvenly) {
  DialPacer pacer(20);
  const auto start = DialPacer::Time{} + 1h;
  EXPECT_EQ(pacer.next(start), 0ms);
  EXPECT_EQ(pacer.next(start), 50ms);
  EXPECT_EQ(pacer.next(start), 100ms);
  EXPECT_EQ(pacer.next(start + 10s), 0ms);
}

TEST(SocketHealthTest, FollowsTheThresholds) {
  EXPECT_EQ(socket_health(150, 150, {}), "healthy");
  EXPECT_EQ(socket_health(140, 150, {}), "healthy");
  EXPECT_EQ(socket_health(139, 150, {}), "degraded");
  EXPECT_EQ(socket_health(100, 150, {}), "degraded");
  EXPECT_EQ(socket_health(99, 150, {}), "unhealthy");
  EXPECT_EQ(socket_health(99, 150, 50), "degraded");
  EXPECT_EQ(socket_health(7, 7, {}), "healthy");
  EXPECT_EQ(socket_health(6, 7, {}), "degraded");
}

}  // namespace
}  // namespace kd
