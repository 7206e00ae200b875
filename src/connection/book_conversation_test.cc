#include <gmock/gmock.h>

#include "connection/book_conversation_fixture.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using Id = Interner::Id;
using Kind = ControlEvent::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(BookConversationTest, SubscribesInBatchesAndTellsWhatJoined) {
  hold(500);
  EXPECT_EQ(joined_, 500U);
  EXPECT_TRUE(talk_.take_success());
  EXPECT_THAT(say(), IsEmpty());
}

TEST_F(BookConversationTest, AGapIsHealedInSlices) {
  hold(500);
  tell(event(Kind::kGap, {}, 1));
  EXPECT_EQ(bases_lost_, 1);
  for (const std::size_t expected : {200U, 400U, 500U}) {
    const auto texts = say();
    ASSERT_THAT(texts, SizeIs(1)) << "one slice at a time";
    EXPECT_THAT(texts[0], HasSubstr("get_snapshot"));
    for (Id market = 0; market < 500; ++market) {
      if (texts[0].find("\"M" + std::to_string(market) + "\"") != std::string::npos) {
        snapshot(market);
      }
    }
    EXPECT_EQ(healed_, expected);
  }
  EXPECT_THAT(say(), IsEmpty());
  EXPECT_FALSE(talk_.take_verdict());
}

TEST_F(BookConversationTest, AFrameBehindAHoleStillSaysWhatItSays) {
  hold(2);
  want(2, 3);
  auto what = event(Kind::kOk, id_of(say().at(0)), 1);
  what.gap = true;
  tell(what);
  EXPECT_EQ(joined_, 3U);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("get_snapshot")));
}

TEST_F(BookConversationTest, HundredsOfHolesAreActedOnTogether) {
  hold(3);
  for (int i = 0; i < 500; ++i) tell(event(Kind::kGap, {}, 1));
  EXPECT_EQ(metrics_.gaps.value(), 500);
  EXPECT_THAT(say(), SizeIs(1));
}

TEST_F(BookConversationTest, ARefusedMarketDoesNotHoldUpTheOthers) {
  hold(3);
  tell(event(Kind::kGap, {}, 1));
  auto refusal = error(28, id_of(say().at(0)), 1);
  refusal.names_markets = true;
  tell(refusal);
  snapshot(0);
  snapshot(2);
  EXPECT_TRUE(talk_.impatient());
  now_.steady += 250ms;
  EXPECT_THAT(say(), IsEmpty());
  EXPECT_EQ(healed_, 2U);
  EXPECT_THAT(silent_, ElementsAre(1));
}

TEST_F(BookConversationTest, AStaleMarketIsAskedForAlone) {
  hold(3);
  auto what = event(Kind::kStale, {}, 1);
  what.text = "M1";
  tell(what);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("[\"M1\"]")));
  snapshot(1);
  EXPECT_EQ(healed_, 1U);
}

TEST_F(BookConversationTest, TwoUnansweredSlicesAreTheEnd) {
  hold(3);
  tell(event(Kind::kGap, {}, 1));
  say();
  pass(5s, true);
  EXPECT_FALSE(talk_.take_verdict());
  EXPECT_THAT(say(), ElementsAre(HasSubstr("get_snapshot")));
  pass(5s, true);
  EXPECT_TRUE(talk_.take_verdict());
}

TEST_F(BookConversationTest, AMarketWithoutSnapshotIsAskedForAfterFiveSeconds) {
  hold(10);
  without_ = {4};
  pass(4s, true);
  EXPECT_THAT(say(), IsEmpty());
  pass(1s, true);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("[\"M4\"]")));
  snapshot(4);
  without_ = {};
  pass(30s, true);
  EXPECT_THAT(say(), IsEmpty());
}

TEST_F(BookConversationTest, AMarketThatNeverAnswersIsToldAndTriedAgainAMinuteLater) {
  hold(10);
  without_ = {4};
  int asked = 0;
  for (int second = 0; second < 40; ++second) {
    pass(1s, true);
    asked += static_cast<int>(say().size());
  }
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(silent_, ElementsAre(4));
  EXPECT_FALSE(talk_.take_verdict()) << "the others are well";
  pass(50s, true);
  EXPECT_THAT(say(), SizeIs(1));
}

struct Ending {
  const char* name;
  ControlEvent what;
};

class StreamEndTest : public BookConversationTest, public testing::WithParamInterface<Ending> {};

TEST_P(StreamEndTest, IsSubscribedAnewOnTheSameSocket) {
  hold(300);
  tell(GetParam().what);
  EXPECT_THAT(ended_, ElementsAre(1));
  EXPECT_FALSE(talk_.take_verdict()) << "the socket stays";
  const auto texts = say();
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_THAT(texts[0], HasSubstr("\"subscribe\""));
  tell(event(Kind::kSubscribed, id_of(texts[0]), 2));
  EXPECT_THAT(say(), ElementsAre(HasSubstr("\"sid\":2")));
}
INSTANTIATE_TEST_SUITE_P(Endings, StreamEndTest,
                         testing::Values(Ending{"channel_error", error(10, {}, 1)},
                                         Ending{"internal_error", error(17, {}, 1)},
                                         Ending{"overflow", error(25, {}, 1)},
                                         Ending{"unknown_sid",
                                                error(7, (std::int64_t{1} << 40), {})},
                                         Ending{"unsubscribed", event(Kind::kUnsubscribed, {}, 1)}),
                         [](const auto& test) { return test.param.name; });

TEST_F(BookConversationTest, AnswersForTheDeadSubscriptionDoNotKillTheNewOne) {
  hold(3);
  want(3, 4);
  const auto late = id_of(say().at(0));
  tell(error(10, {}, 1));
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 2));
  tell(error(7, late, {}));
  tell(error(10, {}, 1));
  EXPECT_THAT(ended_, ElementsAre(1));
}

TEST_F(BookConversationTest, AnExchangeThatEndsEverySubscriptionIsNotStormed) {
  want(0, 3);
  int said = 0;
  for (int second = 0; second < 20; ++second) {
    for (int tick = 0; tick < 50; ++tick) {
      for (const auto& text : say()) {
        ++said;
        tell(error(10, id_of(text), {}));
      }
    }
    pass(1s, true);
  }
  EXPECT_LE(said, 8);
}

TEST_F(BookConversationTest, TwoOverflowsWithinAMinuteAskForLess) {
  hold(8);
  tell(error(25, {}, 1));
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 2));
  EXPECT_EQ(overflows_, 0);
  pass(59s, true);
  tell(error(25, {}, 2));
  EXPECT_EQ(overflows_, 1);
  EXPECT_TRUE(talk_.take_verdict());
}

TEST_F(BookConversationTest, AFullSubscriptionTellsItsLimitAndGivesTheRestBack) {
  want(0, 600);
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 1));
  std::size_t held = 200;
  for (int round = 0; round < 50; ++round) {
    for (const auto& text : say()) {
      const auto count = static_cast<std::size_t>(std::ranges::count(text, 'M'));
      if (held + count > 256) {
        tell(error(26, id_of(text), 1));
      } else {
        held += count;
        tell(event(Kind::kOk, id_of(text), 1));
      }
    }
  }
  EXPECT_EQ(limit_, 256U);
  EXPECT_EQ(excess_, 344U);
}

TEST_F(BookConversationTest, TooManyRequestsWaitsAndSendsTheSameAgain) {
  hold(3);
  want(3, 5);
  const auto text = say().at(0);
  tell(error(27, id_of(text), {}));
  EXPECT_THAT(say(), IsEmpty());
  pass(1s, true);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("[\"M3\",\"M4\"]")));
}

TEST_F(BookConversationTest, ASubscriptionWhoseBeginningWasMissedIsNotUsed) {
  want(0, 2);
  say();
  pass(10s, true);
  const auto again = say();
  ASSERT_THAT(again, SizeIs(1));
  tell(event(Kind::kOk, id_of(again[0]), 1));
  EXPECT_TRUE(talk_.take_verdict()) << "whatever it sent until now belongs to no stream";
}

TEST_F(BookConversationTest, WhatLeavesIsToldBeforeTheCommandGoesOut) {
  hold(3);
  const Id market[] = {1};
  talk_.let_go(market);
  EXPECT_THAT(left_, IsEmpty());
  EXPECT_THAT(say(), ElementsAre(HasSubstr("delete_markets")));
  EXPECT_THAT(left_, ElementsAre(1));
}

TEST_F(BookConversationTest, TellsWhenAMarketItTakesOverHasItsSnapshot) {
  hold(3);
  const Id market[] = {7};
  talk_.take_over(market);
  tell(event(Kind::kOk, id_of(say().at(0)), 1));
  snapshot(2);
  EXPECT_THAT(based_, IsEmpty());
  snapshot(7);
  EXPECT_THAT(based_, ElementsAre(7));
  talk_.settled(market);
  snapshot(7);
  EXPECT_THAT(based_, SizeIs(1));
}

TEST_F(BookConversationTest, ALostSocketGivesTheBudgetBackAndStartsOver) {
  hold(300);
  tell(event(Kind::kGap, {}, 1));
  say();
  EXPECT_EQ(budget_.free(), 200U);
  talk_.lost();
  EXPECT_EQ(budget_.free(), 400U);
  talk_.opened(now_);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("\"subscribe\"")));
}

TEST_F(BookConversationTest, SelfChecksAskForOneMarketAfterTheOther) {
  BookConversation checking({.connection = 6,
                             .subscriptions = {},
                             .resync = {},
                             .silence = {},
                             .first_look = 5s,
                             .self_checks_per_minute = 1},
                            {tickers_, budget_, links_}, hooks_, metrics_, no_log());
  checking.opened(now_);
  const Id market[] = {5};
  checking.want(market);
  checking.on_event(event(Kind::kSubscribed, id_of(*checking.next_text(now_)), 1), now_);
  now_.steady += SelfChecks::kFirst;
  EXPECT_THAT(checking.next_text(now_), testing::Optional(HasSubstr("[\"M5\"]")));
  now_.steady += 60s;
  EXPECT_THAT(checking.next_text(now_), testing::Optional(HasSubstr("[\"M5\"]")));
}

}  // namespace
}  // namespace kd
