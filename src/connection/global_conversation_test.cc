#include "connection/global_conversation.h"

#include <gmock/gmock.h>

#include "connection/conversation_test_support.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using Kind = ControlEvent::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class GlobalConversationTest : public testing::Test {
 protected:
  void make(Role role) {
    GlobalConversation::Options options;
    options.role = role;
    metrics_.emplace(registry_, role);
    hooks_.on_stream_ended = [this](std::int32_t, std::int64_t sid, Micros, std::string_view) {
      ended_.push_back(sid);
    };
    talk_.emplace(options, hooks_, *metrics_, no_log());
    talk_->opened(now_);
  }
  std::vector<std::string> say() {
    std::vector<std::string> texts;
    while (auto text = talk_->next_text(now_)) texts.push_back(*std::move(text));
    return texts;
  }
  void tell(const ControlEvent& what) { talk_->on_event(what, now_); }
  void pass(std::chrono::seconds time, bool heard) {
    now_.steady += time;
    if (heard) heard_ = now_.steady;
    talk_->tick(now_, heard_);
  }

  SessionHooks hooks_;
  MetricsRegistry registry_;
  std::optional<SessionMetrics> metrics_;
  std::optional<GlobalConversation> talk_;
  Moment now_{.steady = std::chrono::steady_clock::time_point{} + 1h, .wall = micros_from_ms(1)};
  std::chrono::steady_clock::time_point heard_ = now_.steady;
  std::vector<std::int64_t> ended_;
};

TEST_F(GlobalConversationTest, LifecycleIsTwoChannelsAndWorksWhenBothAnswered) {
  make(Role::kLifecycle);
  const auto texts = say();
  ASSERT_THAT(texts, ElementsAre(HasSubstr("market_lifecycle_v2"),
                                 HasSubstr("multivariate_market_lifecycle")));
  tell(event(Kind::kSubscribed, id_of(texts[0]), 1));
  EXPECT_FALSE(talk_->take_success());
  tell(event(Kind::kSubscribed, id_of(texts[1]), 2));
  EXPECT_TRUE(talk_->take_success());
}

TEST_F(GlobalConversationTest, ADeadSubscriptionIsReplacedAndTheOtherOneLeftAlone) {
  make(Role::kLifecycle);
  const auto texts = say();
  tell(event(Kind::kSubscribed, id_of(texts[0]), 1));
  tell(event(Kind::kSubscribed, id_of(texts[1]), 2));
  tell(error(10, {}, 2));
  EXPECT_THAT(ended_, ElementsAre(2));
  EXPECT_THAT(say(), ElementsAre(HasSubstr("multivariate_market_lifecycle")));
  EXPECT_FALSE(talk_->take_verdict());
}

TEST_F(GlobalConversationTest, AChannelThatDoesNotExistEndsTheConnection) {
  make(Role::kTrade);
  tell(error(8, id_of(say().at(0)), {}));
  EXPECT_TRUE(talk_->take_verdict());
}

TEST_F(GlobalConversationTest, AnOverflowIsForgivenOnceAMinute) {
  make(Role::kTicker);
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 1));
  tell(error(25, {}, 1));
  EXPECT_FALSE(talk_->take_verdict());
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 2));
  tell(error(25, {}, 2));
  EXPECT_TRUE(talk_->take_verdict());
}

TEST_F(GlobalConversationTest, TooManyRequestsWaits) {
  make(Role::kTrade);
  tell(error(27, id_of(say().at(0)), {}));
  EXPECT_THAT(say(), IsEmpty());
  now_.steady += 1s;
  EXPECT_THAT(say(), SizeIs(1));
}

TEST_F(GlobalConversationTest, NoAnswerToASubscribeEndsTheConnection) {
  make(Role::kTrade);
  say();
  pass(9s, true);
  EXPECT_FALSE(talk_->take_verdict());
  pass(1s, true);
  EXPECT_TRUE(talk_->take_verdict());
}

TEST_F(GlobalConversationTest, SilenceIsAskedAboutAndAnAnswerIsLife) {
  make(Role::kTrade);
  tell(event(Kind::kSubscribed, id_of(say().at(0)), 1));
  pass(10s, false);
  EXPECT_THAT(say(), ElementsAre(HasSubstr("list_subscriptions")));
  pass(1s, true);
  pass(10s, false);
  EXPECT_THAT(say(), SizeIs(1));
  pass(10s, false);
  EXPECT_THAT(say(), SizeIs(1));
  EXPECT_FALSE(talk_->take_verdict());
  pass(10s, false);
  EXPECT_TRUE(talk_->take_verdict());
}

}  // namespace
}  // namespace kd
