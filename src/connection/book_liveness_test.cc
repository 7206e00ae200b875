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

TEST_F(BookConversationTest, ASilentConnectionIsAskedAndThenDropped) {
  hold(3);
  pass(5s, false);
  const auto first = say();
  ASSERT_THAT(first, ElementsAre(HasSubstr("get_snapshot")));
  pass(5s, false);
  const auto second = say();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(first[0].substr(first[0].find('[')), second[0].substr(second[0].find('[')))
      << "another market";
  pass(5s, false);
  EXPECT_TRUE(talk_.take_verdict());
}

TEST_F(BookConversationTest, AQuietConnectionThatAnswersLives) {
  hold(3);
  for (int round = 0; round < 20; ++round) {
    pass(5s, false);
    ASSERT_THAT(say(), SizeIs(1));
    pass(1s, true);
  }
  EXPECT_FALSE(talk_.take_verdict());
}

TEST_F(BookConversationTest, AMarketThatIsNeverAnsweredForCostsOneConnection) {
  hold(1);
  int dropped = 0;
  for (int round = 0; round < 100; ++round) {
    pass(1s, false);
    for (const auto& text : say()) {
      if (text.find("\"subscribe\"") == std::string::npos) continue;
      tell(event(Kind::kSubscribed, id_of(text), 1));
      heard_ = now_.steady;
    }
    if (!talk_.take_verdict()) continue;
    ++dropped;
    talk_.lost();
    talk_.opened(now_);
  }
  EXPECT_EQ(dropped, 1);
}

TEST_F(BookConversationTest, AConnectionThatIsDarkFromTheStartIsDropped) {
  want(0, 3);
  EXPECT_THAT(say(), SizeIs(1));
  pass(15s, false);
  EXPECT_TRUE(talk_.take_verdict());
}

TEST_F(BookConversationTest, WithoutMarketsSilenceIsExpected) {
  pass(600s, false);
  EXPECT_THAT(say(), IsEmpty());
  EXPECT_FALSE(talk_.take_verdict());
}

}  // namespace
}  // namespace kd
