#include "sim/session.h"

#include <gmock/gmock.h>

#include "sim/exchange.h"

namespace kd::sim {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class FakePort final : public SessionPort {
 public:
  void send(std::string_view text) override { sent.emplace_back(text); }
  void send(std::string_view head, const SharedText& tail) override {
    sent.push_back(std::string(head) + std::string(tail.text()));
  }
  WsProgress progress() const override { return {}; }
  WsProgress last_progress() const override { return {}; }
  bool is_open() const override { return true; }
  std::size_t unsent_bytes() const override { return unsent; }
  std::int64_t now_ms() const override { return 5000; }
  void snapshot_answered(MarketIndex, std::int64_t sending_ms) override {
    answered.push_back(sending_ms);
  }

  std::vector<std::string> take() { return std::exchange(sent, {}); }

  std::vector<std::string> sent;
  std::vector<std::int64_t> answered;
  std::size_t unsent = 0;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    const EventIndex event = exchange_.world.add_event("KXA-1", exchange_.world.series_for("KXA"));
    for (const char* ticker : {"C", "A", "B", "OVER"}) exchange_.world.add_market(ticker, event);
    exchange_.world.market(3).times.determined = 100;
    exchange_.world.market(3).times.settled = 200;
    open();
  }
  ~SessionTest() override { close(); }

  void open() {
    close();
    session_ = exchange_.open_session(port_, exchange_.admit("key"));
  }
  void close() {
    if (session_) exchange_.close_session(std::move(session_));
  }

  std::vector<std::string> command(const std::string& text, std::int64_t at_ms = 1000) {
    session_->on_command(text, at_ms);
    return port_.take();
  }
  std::vector<std::string> subscribe_books(const std::string& tickers,
                                           const std::string& more = "") {
    return command(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                   R"("market_tickers":)" +
                   tickers + more + "}}");
  }
  void delta(MarketIndex market, std::int64_t ts_ms = 6000) {
    FeedEvent event;
    event.restart(FeedKind::kDelta, market);
    event.ts_ms = ts_ms;
    event.sending_ms = ts_ms + 1;
    event.yes = false;
    event.price = 56'000;
    event.size = 150;
    write_delta(event, exchange_.world.market(market));
    exchange_.publish(event);
  }

  Exchange exchange_{SessionLimits{}};
  FakePort port_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, AckComesFirstAndEachNewMarketGetsOneSnapshot) {
  EXPECT_THAT(
      subscribe_books(R"(["A","B","A"])"),
      ElementsAre(
          R"({"id":1,"type":"subscribed","sending_ts_ms":5000,"msg":{"channel":"orderbook_delta","sid":1}})",
          HasSubstr(
              R"("type":"orderbook_snapshot","sending_ts_ms":5000,"sid":1,"seq":1,"msg":{"market_ticker":"A")"),
          HasSubstr(R"("seq":2,"msg":{"market_ticker":"B")")));
  EXPECT_THAT(port_.answered, ElementsAre(5000, 5000));
}

TEST_F(SessionTest, SecondSubscribeMergesAndIsAnsweredByOkCountedInSeq) {
  subscribe_books(R"(["C"])");
  EXPECT_THAT(
      subscribe_books(R"(["B","C"])"),
      ElementsAre(
          R"({"id":1,"sid":1,"seq":2,"type":"ok","sending_ts_ms":5000,"msg":{"market_tickers":["B","C"]}})",
          HasSubstr(R"("seq":3,"msg":{"market_ticker":"B")")));
}

TEST_F(SessionTest, SnapshotsMayComeBeforeTheOk) {
  exchange_.limits().snapshots_before_ok = true;
  subscribe_books(R"(["C"])");
  EXPECT_THAT(subscribe_books(R"(["B"])"),
              ElementsAre(HasSubstr("orderbook_snapshot"), HasSubstr(R"("seq":3,"type":"ok")")));
}

TEST_F(SessionTest, SkipTickerAckLeavesTheListOut) {
  subscribe_books(R"(["C"])", R"(,"skip_ticker_ack":true)");
  EXPECT_EQ(subscribe_books(R"(["C"])").at(0),
            R"({"id":1,"sid":1,"seq":2,"type":"ok","sending_ts_ms":5000})");
}

TEST_F(SessionTest, GetSnapshotIsAnsweredBySnapshotsWithItsIdAndNoOk) {
  subscribe_books(R"(["A"])");
  EXPECT_THAT(
      command(
          R"({"id":9,"cmd":"update_subscription","params":{"sids":[1],"action":"get_snapshot","market_tickers":["A"]}})"),
      ElementsAre(StartsWith(
          R"({"id":9,"type":"orderbook_snapshot","sending_ts_ms":5000,"sid":1,"seq":2)")));
}

TEST_F(SessionTest, SnapshotIsNeverSentBeforeTheDeltasItContains) {
  subscribe_books(R"(["A"])");
  delta(1, 9000);
  port_.take();
  EXPECT_THAT(
      command(
          R"({"id":9,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot","market_tickers":["A"]}})"),
      ElementsAre(HasSubstr(R"("sending_ts_ms":9001)")));
}

TEST_F(SessionTest, DeltasGoToHoldersOfTheMarketOnly) {
  subscribe_books(R"(["A"])");
  delta(1);
  delta(2);
  EXPECT_THAT(
      port_.take(),
      ElementsAre(StartsWith(
          R"({"type":"orderbook_delta","sid":1,"seq":2,"sending_ts_ms":6001,"msg":{"market_ticker":"A")")));
}

TEST_F(SessionTest, UseYesPriceTurnsTheNoLegRound) {
  subscribe_books(R"(["A"])", R"(,"use_yes_price":true)");
  delta(1);
  EXPECT_THAT(port_.take(),
              ElementsAre(HasSubstr(R"("price_dollars":"0.4400","delta_fp":"1.50")")));
  EXPECT_THAT(
      command(
          R"({"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot","market_tickers":["A"]}})"),
      ElementsAre(HasSubstr(R"("no_dollars_fp":[["0.4400","1.50"]])")));
}

TEST_F(SessionTest, DeletedMarketsAreSilentAndTheSidLives) {
  subscribe_books(R"(["A","B"])");
  EXPECT_THAT(
      command(
          R"({"id":2,"cmd":"update_subscription","params":{"sid":1,"action":"delete_markets","market_tickers":["A"]}})"),
      ElementsAre(
          HasSubstr(R"("seq":3,"type":"ok","sending_ts_ms":5000,"msg":{"market_tickers":["B"]})")));
  delta(1);
  EXPECT_THAT(port_.take(), IsEmpty());
  delta(2);
  EXPECT_THAT(port_.take(), ElementsAre(HasSubstr(R"("seq":4)")));
}

TEST_F(SessionTest, OneSidPerChannelAndListTellsThem) {
  EXPECT_THAT(command(R"({"id":2,"cmd":"subscribe","params":{"channels":["trade","ticker"]}})"),
              ElementsAre(HasSubstr(R"("channel":"trade","sid":1)"),
                          HasSubstr(R"("channel":"ticker","sid":2)")));
  EXPECT_EQ(
      command(R"({"id":0,"cmd":"list_subscriptions"})").at(0),
      R"({"type":"ok","sending_ts_ms":5000,"msg":[{"channel":"trade","sid":1},{"channel":"ticker","sid":2}]})");
}

TEST_F(SessionTest, UnsubscribedCountsInSeqAndTheNextSidIsNew) {
  subscribe_books(R"(["A"])");
  EXPECT_THAT(
      command(R"({"id":5,"cmd":"unsubscribe","params":{"sids":[1]}})"),
      ElementsAre(R"({"id":5,"sid":1,"seq":2,"type":"unsubscribed","sending_ts_ms":5000})"));
  delta(1);
  EXPECT_THAT(port_.take(), IsEmpty());
  EXPECT_THAT(subscribe_books(R"(["A"])").at(0), HasSubstr(R"("sid":2)"));
}

TEST_F(SessionTest, MistakesHaveTheDocumentedCodes) {
  subscribe_books(R"(["A"])");
  const std::pair<const char*, int> cases[] = {
      {"not json", 1},
      {R"({"id":1,"cmd":"subscribe"})", 2},
      {R"({"id":1,"cmd":"subscribe","params":{}})", 3},
      {R"({"id":1,"cmd":"unsubscribe","params":{}})", 4},
      {R"({"id":1,"cmd":"dance"})", 5},
      {R"({"id":1,"cmd":"unsubscribe","params":{"sids":[9]}})", 7},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle"]}})", 8},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":"trade"}})", 11},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["market_lifecycle_v2"],"market_tickers":["A"]}})",
       11},
      {R"({"id":1,"cmd":"update_subscription","params":{"sids":[1,2],"action":"x"}})", 12},
      {R"({"id":1,"cmd":"update_subscription","params":{"sid":1,"action":"x"}})", 13},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}})", 14},
      {R"({"id":1,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot"}})", 14},
      {R"({"id":1,"cmd":"update_subscription","params":{"sid":1}})", 15},
  };
  for (const auto& [text, code] : cases) {
    EXPECT_THAT(command(text), ElementsAre(HasSubstr("\"code\":" + std::to_string(code) + ",")))
        << text;
  }
}

TEST_F(SessionTest, UnknownAndSettledTickersAreReportedBesideTheGoodOnes) {
  EXPECT_THAT(
      subscribe_books(R"(["A","NOPE","OVER"])"),
      ElementsAre(
          HasSubstr("subscribed"),
          HasSubstr(R"("code":28,"msg":"Markets not found","market_tickers":["NOPE","OVER"])"),
          HasSubstr(R"("market_ticker":"A")")));
}

TEST_F(SessionTest, MistakesWithinASidCarryItAndCountInSeq) {
  subscribe_books(R"(["A"])");
  EXPECT_THAT(
      command(
          R"({"id":9,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot","market_tickers":["B","A","NOPE"]}})"),
      ElementsAre(R"({"id":9,"sid":1,"seq":2,"type":"error","sending_ts_ms":5000,)"
                  R"("msg":{"code":28,"msg":"Markets not found","market_tickers":["NOPE"]}})",
                  R"({"id":9,"sid":1,"seq":3,"type":"error","sending_ts_ms":5000,)"
                  R"("msg":{"code":11,"msg":"Invalid parameter","market_tickers":["B"]}})",
                  HasSubstr(R"("sid":1,"seq":4,"msg":{"market_ticker":"A")")));
  EXPECT_THAT(subscribe_books(R"(["B","NOPE"])"),
              ElementsAre(HasSubstr(R"("sid":1,"seq":5,"type":"ok")"),
                          HasSubstr(R"("sid":1,"seq":6,"type":"error")"),
                          HasSubstr(R"("sid":1,"seq":7,"msg":{"market_ticker":"B")")));
  exchange_.limits().unknown_tickers = UnknownTickers::kRefuse;
  EXPECT_THAT(subscribe_books(R"(["C","NOPE"])"),
              ElementsAre(AllOf(HasSubstr(R"("sid":1,"seq":8)"), HasSubstr("\"code\":28"))));
}

TEST_F(SessionTest, MergingKeepsTheLegOfTheSid) {
  subscribe_books(R"(["A"])", R"(,"use_yes_price":true)");
  subscribe_books(R"(["B"])", R"(,"use_yes_price":false)");
  delta(2);
  EXPECT_THAT(port_.take(), ElementsAre(HasSubstr(R"("price_dollars":"0.4400")")));
}

TEST_F(SessionTest, UnknownTickersMayRefuseAllOrBePassedOver) {
  exchange_.limits().unknown_tickers = UnknownTickers::kRefuse;
  EXPECT_THAT(subscribe_books(R"(["A","NOPE"])"), ElementsAre(HasSubstr("\"code\":28")));
  exchange_.limits().unknown_tickers = UnknownTickers::kSkip;
  EXPECT_THAT(subscribe_books(R"(["A","NOPE"])"),
              ElementsAre(HasSubstr("subscribed"), HasSubstr("orderbook_snapshot")));
}

TEST_F(SessionTest, TooManyMarketsAreRefusedWhole) {
  exchange_.limits().markets_per_subscription = 2;
  subscribe_books(R"(["A"])");
  EXPECT_THAT(subscribe_books(R"(["B","C"])"),
              ElementsAre(HasSubstr(
                  R"("sid":1,"seq":2,"type":"error","sending_ts_ms":5000,"msg":{"code":26)")));
  delta(2);
  EXPECT_THAT(port_.take(), IsEmpty());
}

TEST_F(SessionTest, TooManyCommandsWithinASecondAreRefused) {
  exchange_.limits().commands_per_second = 2;
  subscribe_books(R"(["A"])");
  const std::string add =
      R"({"id":2,"cmd":"update_subscription","params":{"sid":1,"action":"add_markets","market_tickers":["A"]}})";
  EXPECT_THAT(command(add, 2000).at(0), HasSubstr("\"ok\""));
  EXPECT_THAT(command(add, 2500).at(0), HasSubstr("\"ok\""));
  EXPECT_THAT(command(add, 2999).at(0), HasSubstr("\"code\":27"));
  EXPECT_THAT(command(add, 3000).at(0), HasSubstr("\"ok\""));
}

TEST_F(SessionTest, SlowReaderGetsOverflowOnceAndThenSilence) {
  exchange_.limits().overflow_bytes = 1000;
  subscribe_books(R"(["A"])");
  port_.unsent = 1001;
  delta(1);
  EXPECT_THAT(port_.take(),
              ElementsAre(R"({"sid":1,"seq":2,"type":"error","sending_ts_ms":5000,)"
                          R"("msg":{"code":25,"msg":"Subscription buffer overflow"}})"));
  port_.unsent = 0;
  delta(1);
  EXPECT_THAT(port_.take(), IsEmpty());
  EXPECT_THAT(subscribe_books(R"(["A"])").at(0), HasSubstr(R"("sid":2)")) << "a new one may be had";
}

TEST_F(SessionTest, ClientIsReadyOnceItHoldsTradesAndEveryActiveBook) {
  exchange_.start.expected = 1;
  subscribe_books(R"(["A","B"])");
  command(R"({"cmd":"subscribe","params":{"channels":["trade"]}})");
  EXPECT_FALSE(exchange_.may_start(5000));
  subscribe_books(R"(["C"])");
  EXPECT_TRUE(exchange_.may_start(5000)) << "the settled market is not waited for";
}

TEST(StartConditionTest, NeverWaitsForTheDead) {
  EXPECT_TRUE((StartCondition{0}.met(0, 0)));
  EXPECT_FALSE((StartCondition{3}.met(2, 0)));
  EXPECT_TRUE((StartCondition{3}.met(2, 1)));
  EXPECT_FALSE((StartCondition{3}.met(0, 3))) << "nobody is left to play to";
}

}  // namespace
}  // namespace kd::sim
