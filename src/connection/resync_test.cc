#include "connection/resync.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Id = Resync::Id;
using Why = Resync::Why;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ResyncTest : public testing::Test {
 protected:
  void need(Id from, Id to, Why why = Why::kLost) {
    for (auto market = from; market < to; ++market) resync_.need(market, why);
  }
  std::vector<Id> ask() {
    const auto slice = resync_.next(++id_, now_);
    return slice ? slice->markets : std::vector<Id>{};
  }
  void answer(const std::vector<Id>& markets) {
    for (const auto market : markets) resync_.on_snapshot(market, now_);
  }
  bool expire() {
    now_ += 5s;
    return resync_.expire(now_, now_);
  }

  SnapshotBudget budget_{10};
  Resync resync_{{.slice = 4, .timeout = 5s, .after_refusal = 250ms}, budget_};
  Resync::Time now_ = Resync::Time{} + 1h;
  std::int64_t id_ = 100;
};

TEST_F(ResyncTest, AsksInSlicesOneAtATimeAndTellsWhatHealed) {
  need(0, 6);
  EXPECT_THAT(ask(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(ask(), IsEmpty()) << "one outstanding";
  answer({3, 0, 1});
  EXPECT_THAT(resync_.take_healed(), IsEmpty()) << "not before the slice is complete";
  answer({2});
  EXPECT_THAT(resync_.take_healed(), UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_THAT(ask(), ElementsAre(4, 5));
  answer({4, 5});
  EXPECT_TRUE(resync_.idle());
  EXPECT_EQ(budget_.free(), 10U);
}

TEST_F(ResyncTest, AnUnaskedSnapshotIsABaseToo) {
  need(0, 5);
  ask();
  answer({4});
  answer({0, 1, 2, 3});
  EXPECT_THAT(resync_.take_healed(), SizeIs(5));
  EXPECT_THAT(ask(), IsEmpty());
}

TEST_F(ResyncTest, ASecondGapAddsToWhatIsPending) {
  need(0, 4);
  ask();
  answer({0, 1});
  need(0, 4);  // the second gap: 2 and 3 are being asked for already
  answer({2, 3});
  EXPECT_THAT(ask(), UnorderedElementsAre(0, 1));
}

TEST_F(ResyncTest, KeepsToTheBudgetThatAllConnectionsShare) {
  SnapshotBudget shared(3);
  Resync one({.slice = 2}, shared);
  Resync two({.slice = 2}, shared);
  for (Id market = 0; market < 4; ++market) {
    one.need(market, Why::kLost);
    two.need(market, Why::kLost);
  }
  EXPECT_THAT(one.next(1, now_)->markets, SizeIs(2));
  EXPECT_THAT(two.next(1, now_)->markets, SizeIs(1));
  EXPECT_EQ(shared.free(), 0U);
  two.on_snapshot(0, now_);
  one.on_snapshot(0, now_);
  EXPECT_EQ(shared.free(), 2U);
  one.clear();
  EXPECT_EQ(shared.free(), 3U) << "the dead give back what they took";
}

TEST_F(ResyncTest, ALateSliceIsAskedForAgainAndTwoSilentOnesAreDeath) {
  need(0, 3);
  ask();
  EXPECT_TRUE(expire());
  EXPECT_THAT(ask(), UnorderedElementsAre(0, 1, 2));
  EXPECT_FALSE(expire());
  EXPECT_EQ(budget_.free(), 10U);
}

TEST_F(ResyncTest, SomeProgressIsLife) {
  need(0, 4);
  ask();
  now_ += 4s;
  answer({0});
  EXPECT_TRUE(resync_.expire(now_ + 4s, now_)) << "snapshots still come";
  now_ += 1s;
  EXPECT_TRUE(expire());
  EXPECT_THAT(ask(), UnorderedElementsAre(1, 2, 3));
  answer({1});
  EXPECT_TRUE(expire());
}

TEST_F(ResyncTest, AMarketThatNeverComesIsGivenUpAfterThreeSlices) {
  need(0, 2);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(ask(), testing::Contains(1));
    answer({0});
    EXPECT_TRUE(expire());
    EXPECT_THAT(resync_.take_given_up(), SizeIs(round == 2 ? 1 : 0));
    if (round < 2) need(0, 1);
  }
  EXPECT_TRUE(resync_.idle());
}

TEST_F(ResyncTest, MarketsThatTheExchangeMayNotKnowAreNoProofOfDeath) {
  need(0, 3, Why::kMissing);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(ask(), SizeIs(3));
    EXPECT_TRUE(expire()) << "other messages came";
  }
  EXPECT_THAT(resync_.take_given_up(), SizeIs(3));
}

TEST_F(ResyncTest, SilenceOfTheWholeConnectionIsDeathWhateverWasAsked) {
  const auto heard = now_ - 1s;
  need(0, 1, Why::kMissing);
  ask();
  EXPECT_TRUE(resync_.expire(now_ + 5s, heard));
  now_ += 5s;
  ask();
  EXPECT_FALSE(resync_.expire(now_ + 5s, heard));
}

TEST_F(ResyncTest, ASilentMarketProvesDeathOnlyOnce) {
  const auto heard = now_ - 1s;
  for (const bool dead : {true, false}) {
    need(0, 1, Why::kMissing);
    for (int slice = 0; slice < 2; ++slice) {
      ask();
      now_ += 5s;
      EXPECT_EQ(resync_.expire(now_, heard), slice == 0 || !dead);
    }
    resync_.clear();
  }
  EXPECT_TRUE(resync_.is_suspect(0));
  answer({0});
  EXPECT_FALSE(resync_.is_suspect(0));
}

TEST_F(ResyncTest, MissingOnesAreNotToldAsHealed) {
  need(0, 2, Why::kMissing);
  answer(ask());
  EXPECT_THAT(resync_.take_healed(), IsEmpty());
}

TEST_F(ResyncTest, ARefusedSliceIsHalvedUntilOnlyTheRefusedMarketIsGivenUp) {
  need(0, 4);
  std::vector<Id> asked;
  for (int round = 0; round < 20 && !resync_.idle(); ++round) {
    asked = ask();
    const bool refused = std::ranges::find(asked, 2U) != asked.end();
    refused ? resync_.on_refused(now_) : answer(asked);
    now_ += 1s;
    ASSERT_TRUE(resync_.expire(now_, now_));
  }
  EXPECT_THAT(resync_.take_given_up(), ElementsAre(2));
  EXPECT_THAT(resync_.take_healed(), UnorderedElementsAre(0, 1, 3));
}

TEST_F(ResyncTest, APartlyRefusedSliceKeepsWhatCame) {
  need(0, 4);
  answer({ask()[0]});
  resync_.on_refused(now_);
  answer({1, 2});
  now_ += 1s;
  EXPECT_TRUE(resync_.expire(now_, now_));
  EXPECT_THAT(resync_.take_given_up(), ElementsAre(3));
}

TEST_F(ResyncTest, TooManyRequestsCostsNoTry) {
  need(0, 1);
  for (int round = 0; round < 10; ++round) {
    EXPECT_THAT(ask(), ElementsAre(0));
    resync_.on_busy();
  }
  answer(ask());
  EXPECT_THAT(resync_.take_healed(), ElementsAre(0));
}

TEST_F(ResyncTest, AMarketLetGoIsWaitedForNoLonger) {
  need(0, 2);
  ask();
  resync_.forget(1);
  answer({0});
  EXPECT_TRUE(resync_.idle());
  EXPECT_EQ(budget_.free(), 10U);
}

}  // namespace
}  // namespace kd
