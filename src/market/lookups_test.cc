#include "market/lookups.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr LookUps::Clock::time_point kStart{1h};

TEST(LookUpsTest, AsksInBatchesAndOnceForEach) {
  LookUps look_ups;
  for (LookUps::Id id = 0; id < 150; ++id) look_ups.add(id, false, kStart);
  look_ups.add(7, false, kStart);
  EXPECT_EQ(look_ups.next(kStart).size(), 100U);
  EXPECT_EQ(look_ups.next(kStart).size(), 50U);
  EXPECT_THAT(look_ups.next(kStart), IsEmpty());
  look_ups.add(7, false, kStart);
  EXPECT_THAT(look_ups.next(kStart), IsEmpty()) << "it is under way";
}

TEST(LookUpsTest, AnAnnouncedMarketIsAskedForUntilItIsThere) {
  LookUps look_ups;
  look_ups.add(1, true, kStart);
  ASSERT_THAT(look_ups.next(kStart), ElementsAre(1));
  EXPECT_FALSE(look_ups.on_missing(1, kStart, 1'000));
  EXPECT_EQ(look_ups.wake_at(), kStart + 1s);
  EXPECT_THAT(look_ups.next(kStart + 999ms), IsEmpty());
  ASSERT_THAT(look_ups.next(kStart + 1s), ElementsAre(1));
  look_ups.on_found(1);
  EXPECT_EQ(look_ups.size(), 0U);
}

TEST(LookUpsTest, AnAnnouncedMarketThatNeverComesIsGivenUp) {
  LookUps look_ups;
  look_ups.add(1, true, kStart);
  auto now = kStart;
  int tries = 0;
  for (bool final = false; !final; ++tries) {
    ASSERT_THAT(look_ups.next(now), ElementsAre(1));
    final = look_ups.on_missing(1, now, 0);
    now += 1min;
  }
  EXPECT_EQ(tries, LookUps::kTries);
}

TEST(LookUpsTest, AMarketThatAWalkMissedIsGoneWhenItIsNotThere) {
  LookUps look_ups;
  look_ups.add(1, false, kStart);
  look_ups.next(kStart);
  EXPECT_TRUE(look_ups.on_missing(1, kStart, 0));
}

TEST(LookUpsTest, NoAnswerSaysNothing) {
  LookUps look_ups;
  look_ups.add(1, false, kStart);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(look_ups.next(kStart + i * 1min), ElementsAre(1));
    look_ups.on_failed(1, kStart + i * 1min, 0);
  }
  EXPECT_EQ(look_ups.size(), 1U);
}

}  // namespace
}  // namespace kd
