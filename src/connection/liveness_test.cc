#include <gmock/gmock.h>

#include "connection/base_checks.h"
#include "connection/prober.h"
#include "connection/self_checks.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Time = Prober::Time;
using Step = Prober::Step;

constexpr Time kStart = Time{} + 1h;

TEST(ProberTest, AsksAfterSilenceAndCallsItDeadAfterTwoUnansweredQuestions) {
  Prober prober({.quiet = 5s, .dead = 15s});
  prober.restart(kStart);
  EXPECT_EQ(prober.step(kStart + 4s, kStart), Step::kNothing);
  EXPECT_EQ(prober.step(kStart + 5s, kStart), Step::kAsk);
  EXPECT_EQ(prober.step(kStart + 6s, kStart), Step::kNothing) << "one question at a time";
  EXPECT_EQ(prober.step(kStart + 10s, kStart), Step::kAsk);
  EXPECT_EQ(prober.step(kStart + 14s, kStart), Step::kNothing);
  EXPECT_EQ(prober.step(kStart + 15s, kStart), Step::kDead);
}

TEST(ProberTest, AnyMessageIsLife) {
  Prober prober({.quiet = 5s, .dead = 15s});
  prober.restart(kStart);
  EXPECT_EQ(prober.step(kStart + 5s, kStart), Step::kAsk);
  EXPECT_EQ(prober.step(kStart + 10s, kStart + 6s), Step::kNothing);
  EXPECT_EQ(prober.step(kStart + 11s, kStart + 6s), Step::kAsk);
}

TEST(ProberTest, ALongPauseOfOursIsNoDeath) {
  Prober prober({.quiet = 5s, .dead = 15s});
  prober.restart(kStart);
  EXPECT_EQ(prober.step(kStart + 100s, kStart), Step::kAsk) << "it must have been asked twice";
}

TEST(BaseChecksTest, LooksFiveSecondsLaterUnlessSnapshotsStillStreamIn) {
  BaseChecks checks;
  checks.look({1, 2}, kStart + 5s);
  EXPECT_THAT(checks.take_due(kStart + 4s, kStart), IsEmpty());
  EXPECT_THAT(checks.take_due(kStart + 6s, kStart + 5s), IsEmpty());
  EXPECT_THAT(checks.take_due(kStart + 7s, kStart + 5s), ElementsAre(1, 2));
  EXPECT_THAT(checks.take_due(kStart + 8s, kStart + 5s), IsEmpty());
}

TEST(BaseChecksTest, ItsPatienceEnds) {
  BaseChecks checks;
  checks.look({1}, kStart + 5s);
  EXPECT_THAT(checks.take_due(kStart + 35s, kStart + 35s), ElementsAre(1));
}

TEST(SelfChecksTest, AreDueAtTheirRate) {
  SelfChecks checks(10);
  checks.restart(kStart);
  EXPECT_FALSE(checks.due(kStart));
  const auto first = kStart + SelfChecks::kFirst;
  ASSERT_TRUE(checks.due(first));
  checks.asked(first);
  EXPECT_FALSE(checks.due(first + 5s));
  EXPECT_TRUE(checks.due(first + 6s));
}

TEST(SelfChecksTest, CanBeTurnedOff) {
  SelfChecks checks(0);
  checks.restart(kStart);
  EXPECT_FALSE(checks.due(kStart + 1h));
}

}  // namespace
}  // namespace kd
