#include <gmock/gmock.h>

#include "sim/exchange.h"

namespace kd::sim {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Port final : public SessionPort {
 public:
  void send(std::string_view text) override { sent.emplace_back(text); }
  void send(std::string_view head, const SharedText& tail) override {
    sent.push_back(std::string(head) + std::string(tail.text()));
  }
  std::size_t unsent_bytes() const override { return 0; }
  WsProgress progress() const override { return {}; }
  WsProgress last_progress() const override { return {}; }
  bool is_open() const override { return open; }
  std::int64_t now_ms() const override { return 5000; }
  void snapshot_answered(MarketIndex, std::int64_t) override { ++answered; }

  std::vector<std::string> sent;
  int answered = 0;
  bool open = true;
};

// One session that holds the books of A and B, and gets faults.
class SessionFaultsTest : public testing::Test {
 protected:
  SessionFaultsTest() {
    const EventIndex event = exchange_.world.add_event("KXA-1", exchange_.world.series_for("KXA"));
    for (const char* ticker : {"A", "B"}) exchange_.world.add_market(ticker, event);
    session_ = exchange_.open_session(port_, exchange_.admit("key"));
    command(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
            R"("market_tickers":["A"]}})");
  }
  ~SessionFaultsTest() override { exchange_.close_session(std::move(session_)); }

  void order(const char* text) {
    auto spec = parse_fault(text);
    ASSERT_TRUE(spec) << spec.error().what;
    exchange_.faults.add(std::move(*spec), 1000);
    exchange_.faults.advance(1000, 1);
    session_->behave(exchange_.faults.of({1, "key", 1, {"orderbook_delta"}}));
  }
  std::vector<std::string> command(const std::string& text) {
    session_->on_command(text, 1000);
    return std::exchange(port_.sent, {});
  }
  std::vector<std::string> add_b() {
    return command(R"({"id":2,"cmd":"update_subscription","params":{"sid":1,)"
                   R"("action":"add_markets","market_tickers":["B"]}})");
  }
  std::vector<std::string> delta() {
    FeedEvent event;
    event.restart(FeedKind::kDelta, 0);
    event.ts_ms = 6000;
    event.sending_ms = 6001;
    event.yes = false;
    event.price = 56'000;
    event.size = 150;
    write_delta(event, exchange_.world.market(0));
    exchange_.publish(event);
    return std::exchange(port_.sent, {});
  }

  Exchange exchange_{SessionLimits{}};
  Port port_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionFaultsTest, ADroppedFrameUsesUpItsNumber) {
  order("drop,count=1");
  EXPECT_THAT(delta(), IsEmpty());
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":3,")));
}

TEST_F(SessionFaultsTest, AFrozenFrameLeavesNoTrace) {
  order("freeze,count=1");
  EXPECT_THAT(delta(), IsEmpty());
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":2,")));
}

TEST_F(SessionFaultsTest, AHoleSkipsNumbersAndLosesNothing) {
  order("hole,frames=5,count=1");
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":7,")));
}

TEST_F(SessionFaultsTest, ADuplicateComesWithTheSameNumber) {
  order("duplicate,count=1");
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":2,"), HasSubstr("\"seq\":2,")));
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":3,")));
}

TEST_F(SessionFaultsTest, AReorderedPairChangesPlaces) {
  order("reorder,count=1");
  EXPECT_THAT(delta(), IsEmpty());
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":3,"), HasSubstr("\"seq\":2,")));
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":4,")));
}

TEST_F(SessionFaultsTest, AReorderedFrameWithoutASuccessorComesLate) {
  order("reorder,count=1");
  delta();
  session_->send_delayed(1000);
  session_->send_delayed(2000);
  EXPECT_THAT(port_.sent, ElementsAre(HasSubstr("\"seq\":2,")));
}

TEST_F(SessionFaultsTest, UnknownTypesCountInSeqAndUnknownKeysHarmNothing) {
  order("unknown-type,count=1");
  EXPECT_THAT(delta(), ElementsAre(AllOf(HasSubstr("orderbook_notice"), HasSubstr("\"seq\":2,")),
                                   HasSubstr("\"seq\":3,")));
  order("unknown-key,count=1");
  EXPECT_THAT(delta(), ElementsAre(AllOf(HasSubstr("\"new_key\""), HasSubstr("\"ts_ms\":6000"))));
}

TEST_F(SessionFaultsTest, AMalformedFrameHasItsNumber) {
  order("malformed,how=ticker,count=1");
  EXPECT_THAT(delta(), ElementsAre(AllOf(HasSubstr("\"seq\":2,"), HasSubstr("market_tick\":"))));
}

TEST_F(SessionFaultsTest, DarkSilentAndHalfOpenKeepEverythingBackAndCountIt) {
  for (const char* fault : {"dark", "silent", "half-open"}) {
    order(fault);
    EXPECT_THAT(delta(), IsEmpty()) << fault;
    EXPECT_THAT(command(R"({"id":6,"cmd":"list_subscriptions"})"), IsEmpty()) << fault;
    exchange_.faults.clear();
    session_->behave({});
  }
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":5,")));
}

TEST_F(SessionFaultsTest, ALostReplyTookEffect) {
  order("lost-reply,count=1");
  EXPECT_THAT(add_b(), ElementsAre()) << "the ok, and the snapshot that belongs to the answer";
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":4,")));
  EXPECT_THAT(add_b(), ElementsAre(AllOf(HasSubstr("\"ok\""), HasSubstr("\"A\",\"B\""))));
}

TEST_F(SessionFaultsTest, AReplyThatIsNeverSentUsesNoNumber) {
  order("lost-reply,how=unsent,count=1");
  EXPECT_THAT(add_b(), IsEmpty());
  EXPECT_THAT(delta(), ElementsAre(HasSubstr("\"seq\":2,")));
}

TEST_F(SessionFaultsTest, ALostCommandTookNone) {
  order("lost-reply,how=command,count=1");
  EXPECT_THAT(add_b(), IsEmpty());
  EXPECT_THAT(add_b(), ElementsAre(HasSubstr("\"ok\""), HasSubstr("orderbook_snapshot")));
}

TEST_F(SessionFaultsTest, CommandsCanBeRefusedWithAnyCode) {
  order("refuse-command,code=26,count=1");
  EXPECT_THAT(add_b(), ElementsAre(AllOf(StartsWith(R"({"id":2,"sid":1,"seq":2,"type":"error")"),
                                         HasSubstr("\"code\":26"))));
  EXPECT_THAT(add_b(), ElementsAre(HasSubstr("\"ok\""), HasSubstr("orderbook_snapshot")));
}

TEST_F(SessionFaultsTest, ANewMarketMayGetNoSnapshotUntilItIsAskedFor) {
  order("no-snapshot");
  EXPECT_THAT(add_b(), ElementsAre(HasSubstr("\"ok\"")));
  EXPECT_THAT(command(R"({"id":3,"cmd":"update_subscription","params":{"sid":1,)"
                      R"("action":"get_snapshot","market_tickers":["B"]}})"),
              ElementsAre(HasSubstr("orderbook_snapshot")));
}

TEST_F(SessionFaultsTest, ASnapshotMayComeBehindDeltas) {
  order("late-snapshot,by=300ms,count=1");
  EXPECT_THAT(add_b(), ElementsAre(HasSubstr("\"ok\"")));
  delta();
  session_->send_delayed(1299);
  EXPECT_THAT(port_.sent, IsEmpty());
  session_->send_delayed(1300);
  EXPECT_THAT(port_.sent, ElementsAre(AllOf(HasSubstr("\"seq\":4,"), HasSubstr("\"B\""))));
}

TEST_F(SessionFaultsTest, AFlippedLegShowsYesPricesThoughNoneWereAskedFor) {
  order("flip-leg");
  EXPECT_THAT(delta(), ElementsAre(HasSubstr(R"("price_dollars":"0.5600")"))) << "asked before";
  command(R"({"id":5,"cmd":"unsubscribe","params":{"sids":[1]}})");
  command(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
          R"("market_tickers":["A"]}})");
  EXPECT_THAT(delta(), ElementsAre(HasSubstr(R"("price_dollars":"0.4400")")));
}

TEST_F(SessionFaultsTest, StampsMayBeFiner) {
  order("ts-us");
  EXPECT_THAT(delta(), ElementsAre(HasSubstr(R"("ts":"1970-01-01T00:00:06.000)")));
  exchange_.faults.clear();
  order("ts-ms");
  EXPECT_THAT(delta(), ElementsAre(Not(HasSubstr("T00:00:06.0001"))));
}

TEST_F(SessionFaultsTest, AnEndedSubscriptionIsSilentAndMayBeHadAgain) {
  session_->end_subscriptions("trade", WsError::kInternal);
  EXPECT_THAT(port_.sent, IsEmpty());
  session_->end_subscriptions("orderbook_delta", WsError::kInternal);
  EXPECT_THAT(std::exchange(port_.sent, {}), ElementsAre(HasSubstr("\"code\":17")));
  EXPECT_THAT(delta(), IsEmpty());
  EXPECT_THAT(session_->channels(), IsEmpty());
}

TEST_F(SessionFaultsTest, SeqMayBeginAnywhere) {
  exchange_.limits().first_seq = 1ULL << 40;
  command(R"({"id":5,"cmd":"unsubscribe","params":{"sids":[1]}})");
  EXPECT_THAT(command(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                      R"("market_tickers":["A"]}})"),
              ElementsAre(HasSubstr("subscribed"), HasSubstr("\"seq\":1099511627776,")));
}

}  // namespace
}  // namespace kd::sim
