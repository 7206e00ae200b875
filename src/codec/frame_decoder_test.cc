#include "codec/frame_decoder.h"

#include <gmock/gmock.h>

#include <string>

namespace kd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class FrameDecoderTest : public testing::Test {
 protected:
  Expected<Frame> decode(std::string_view json) {
    text_ = std::string(json);
    text_.reserve(text_.size() + kFramePadding);
    return decoder_.decode(text_);
  }
  template <typename T>
  T decode_as(std::string_view json) {
    const auto frame = decode(json);
    EXPECT_TRUE(frame) << (frame ? "" : frame.error().what);
    if (!frame || !std::holds_alternative<T>(frame->message)) {
      ADD_FAILURE() << "not that message: " << json;
      return {};
    }
    return std::get<T>(frame->message);
  }
  std::string error_of(std::string_view json) {
    const auto frame = decode(json);
    EXPECT_FALSE(frame) << json;
    return frame ? "" : frame.error().what;
  }
  FrameDecoder decoder_;
  std::string text_;
};

TEST_F(FrameDecoderTest, DecodesADeltaWithMicroseconds) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"type":"orderbook_delta","sid":1,"seq":4,"msg":{"market_ticker":"KXA-T3.1",)"
      R"("market_id":"1f0d3c5a-7b1e-4c22-9a51-0c8a4e6f2b11","price_dollars":"0.4300",)"
      R"("delta_fp":"-0.01","side":"no","ts":"2026-08-11T00:30:42.445624Z","ts_ms":1786408242445}})");
  EXPECT_EQ(delta.ticker, "KXA-T3.1");
  EXPECT_EQ(delta.price.raw(), 43'000);
  EXPECT_EQ(delta.change.hundredths(), -1);
  EXPECT_EQ(delta.side, Side::kNo);
  EXPECT_EQ(to_us(delta.time.at), 1'786'408'242'445'000);
  ASSERT_TRUE(delta.time.finer);
  EXPECT_EQ(to_us(*delta.time.finer), 1'786'408'242'445'624);
  EXPECT_EQ(decoder_.envelope().seq, 4);
  EXPECT_EQ(decoder_.unknown_keys(), 0U);
}

TEST_F(FrameDecoderTest, MillisecondTextAddsNothing) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"type":"orderbook_delta","msg":{"market_ticker":"A","price_dollars":"0.43","delta_fp":"1.00",)"
      R"("side":"yes","ts":"2026-08-11T00:30:42.445Z","ts_ms":1786408242445}})");
  EXPECT_FALSE(delta.time.finer);
}

TEST_F(FrameDecoderTest, FloorsTsWhereTsMsIsAbsent) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"type":"orderbook_delta","msg":{"market_ticker":"A","price_dollars":"0.43","delta_fp":"1.00",)"
      R"("side":"yes","ts":"2026-08-11T00:30:42.445999Z"}})");
  EXPECT_EQ(to_us(delta.time.at), 1'786'408'242'445'000);
}

TEST_F(FrameDecoderTest, FallsBackToTheSendingTimeWhereverItStands) {
  for (
      const auto json :
      {R"({"type":"orderbook_delta","sending_ts_ms":1795356002310,"msg":{"market_ticker":"A","price_dollars":"0.0200","delta_fp":"10.00","side":"yes"}})",
       R"({"type":"orderbook_delta","msg":{"market_ticker":"A","price_dollars":"0.0200","delta_fp":"10.00","side":"yes"},"sending_ts_ms":1795356002310})"}) {
    EXPECT_EQ(to_us(decode_as<OrderbookDelta>(json).time.at), 1'795'356'002'310'000) << json;
  }
  EXPECT_THAT(
      error_of(
          R"({"type":"orderbook_delta","msg":{"market_ticker":"A","price_dollars":"0.0200","delta_fp":"10.00","side":"yes"}})"),
      StartsWith("ts_ms: missing"));
}

TEST_F(FrameDecoderTest, TheOrderOfKeysDoesNotMatter) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"msg":{"side":"yes","delta_fp":"75.00","ts_ms":1,"price_dollars":"0.4300","market_ticker":"A"},"seq":9,"sid":2,"type":"orderbook_delta"})");
  EXPECT_EQ(delta.change.hundredths(), 7'500);
  EXPECT_EQ(decoder_.envelope().sid, 2);
  EXPECT_EQ(decoder_.envelope().seq, 9);
}

TEST_F(FrameDecoderTest, ReadsTheIntegerFieldsOfTheOldGeneration) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"type":"orderbook_delta","sid":1,"seq":4,"msg":{"market_ticker":"A","price":43,"delta":-75,"side":"yes","ts":"2025-08-11T00:30:42.4456Z"}})");
  EXPECT_EQ(delta.price.raw(), 43'000);
  EXPECT_EQ(delta.change.hundredths(), -7'500);
  const auto trade = decode_as<Trade>(
      R"({"type":"trade","sid":2,"msg":{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","market_ticker":"A","yes_price":53,"no_price":47,"count":136,"taker_side":"no","ts":1764424800}})");
  EXPECT_EQ(trade.yes_price.raw(), 53'000);
  EXPECT_EQ(trade.size.hundredths(), 13'600);
  EXPECT_EQ(trade.taker_side, Side::kNo);
  EXPECT_EQ(to_us(trade.time.at), 1'764'424'800'000'000);
  EXPECT_FALSE(trade.is_block);
  const auto snapshot = decode_as<OrderbookSnapshot>(
      R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","yes":[[8,300],[22,333]],"no":[[54,20]]}})");
  ASSERT_EQ(snapshot.yes.size(), 2U);
  EXPECT_EQ(snapshot.yes[1], (Level{*Price::from_cents(22), Size(33'300)}));
  const auto ticker = decode_as<TickerUpdate>(
      R"({"type":"ticker","sid":3,"msg":{"market_ticker":"A","price":48,"yes_bid":45,"yes_ask":53,"volume":33896,"open_interest":20422,"dollar_volume":16948,"dollar_open_interest":10211,"ts":1669149841}})");
  EXPECT_EQ(ticker.yes_bid->raw(), 45'000);
  EXPECT_EQ(ticker.volume->hundredths(), 3'389'600);
  EXPECT_EQ(ticker.yes_bid_size, std::nullopt);
}

TEST_F(FrameDecoderTest, TodaysFieldsWinOverTheOldOnes) {
  const auto delta = decode_as<OrderbookDelta>(
      R"({"type":"orderbook_delta","msg":{"market_ticker":"A","price":43,"delta":1,"price_dollars":"0.4350","delta_fp":"1.25","side":"yes","ts_ms":1}})");
  EXPECT_EQ(delta.price.raw(), 43'500);
  EXPECT_EQ(delta.change.hundredths(), 125);
}

TEST_F(FrameDecoderTest, AnAbsentSideOfASnapshotIsEmpty) {
  const auto one = decode_as<OrderbookSnapshot>(
      R"({"type":"orderbook_snapshot","sid":1,"seq":2,"msg":{"market_ticker":"A","no_dollars_fp":[["0.9500","55.00"]]}})");
  EXPECT_TRUE(one.yes.empty());
  ASSERT_EQ(one.no.size(), 1U);
  const auto none = decode_as<OrderbookSnapshot>(
      R"({"type":"orderbook_snapshot","sid":1,"seq":3,"msg":{"market_ticker":"A"}})");
  EXPECT_TRUE(none.yes.empty());
  EXPECT_TRUE(none.no.empty());
}

TEST_F(FrameDecoderTest, ARenamedSideIsNotAnEmptyBook) {
  EXPECT_THAT(
      error_of(
          R"({"type":"orderbook_snapshot","sid":1,"seq":2,"msg":{"market_ticker":"A","yes_levels_v3":[["0.95","1.00"]]}})"),
      StartsWith("yes_levels_v3: levels in a form"));
}

TEST_F(FrameDecoderTest, NamesTheRequiredFieldThatIsMissingOrWrong) {
  struct Case {
    const char* msg;
    const char* starts;
  };
  const Case cases[] = {
      {R"("price_dollars":"0.1","delta_fp":"1.00","side":"yes","ts_ms":1)",
       "market_ticker: missing"},
      {R"("market_ticker":"A","delta_fp":"1.00","side":"yes","ts_ms":1)", "price_dollars: missing"},
      {R"("market_ticker":"A","price_dollars":"0.1","side":"yes","ts_ms":1)", "delta_fp: missing"},
      {R"("market_ticker":"A","price_dollars":"0.1","delta_fp":"1.00","ts_ms":1)", "side: missing"},
      {R"("market_ticker":"A","price_dollars":"","delta_fp":"1.00","side":"yes","ts_ms":1)",
       "price_dollars: not a decimal"},
      {R"("market_ticker":"A","price_dollars":"0.123456","delta_fp":"1.00","side":"yes","ts_ms":1)",
       "price_dollars: not a decimal"},
      {R"("market_ticker":"A","price_dollars":0.1,"delta_fp":"1.00","side":"yes","ts_ms":1)",
       "price_dollars: "},
      {R"("market_ticker":"A","price_dollars":"0.1","delta_fp":"1.001","side":"yes","ts_ms":1)",
       "delta_fp: not a decimal"},
      {R"("market_ticker":"A","price_dollars":"0.1","delta_fp":"1.00","side":"maybe","ts_ms":1)",
       "side: unknown side 'maybe'"},
      {R"("market_ticker":"A B","price_dollars":"0.1","delta_fp":"1.00","side":"yes","ts_ms":1)",
       "market_ticker: not printable"},
      {R"("market_ticker":"A","price":101,"delta_fp":"1.00","side":"yes","ts_ms":1)",
       "price_dollars: price out of range"},
  };
  for (const auto& [msg, starts] : cases) {
    const auto json =
        std::string(R"({"type":"orderbook_delta","sid":1,"seq":7,"msg":{)") + msg + "}}";
    EXPECT_THAT(error_of(json), StartsWith(starts)) << json;
    EXPECT_EQ(decoder_.envelope().seq, 7) << "an undecodable message still uses up its seq";
  }
}

TEST_F(FrameDecoderTest, AnErrorInTheMessageDoesNotHideWhatStandsBehindIt) {
  error_of(R"({"type":"orderbook_delta","msg":{"market_ticker":"A"},"sid":3,"seq":8})");
  EXPECT_EQ(decoder_.envelope().sid, 3);
  EXPECT_EQ(decoder_.envelope().seq, 8);
  EXPECT_EQ(decoder_.ticker(), "A");
}

TEST_F(FrameDecoderTest, CountsKeysItDoesNotKnowAndGoesOn) {
  decode_as<Trade>(
      R"({"type":"trade","sid":2,"seq":1,"brand_new":[{}],"msg":{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","market_ticker":"A","yes_price_dollars":"0.53","count_fp":"1.00","taker_outcome_side":"yes","is_block_trade":true,"ts_ms":5,"also_new":{"a":1}}})");
  EXPECT_EQ(decoder_.unknown_keys(), 2U);
}

TEST_F(FrameDecoderTest, AnUnknownTypeIsToldWithItsSeq) {
  const auto unknown = decode_as<UnknownMessage>(
      R"({"type":"some_future_type","sid":3,"seq":274087,"msg":{"x":1}})");
  EXPECT_EQ(unknown.type, "some_future_type");
  EXPECT_EQ(decoder_.envelope().seq, 274'087);
}

TEST_F(FrameDecoderTest, AcknowledgementsHaveThreeShapes) {
  decode_as<Ok>(R"({"id":2,"sid":1,"seq":11,"type":"ok","msg":{"market_tickers":["A","B"]}})");
  decode_as<Ok>(R"({"id":3,"sid":1,"seq":3,"type":"ok"})");
  decode_as<Ok>(R"({"id":4,"sid":1,"seq":481297,"type":"ok","market_tickers":["A"]})");
  decode_as<SubscriptionList>(R"({"id":6,"type":"ok","msg":[{"channel":"trade","sid":2}]})");
  decode_as<SubscriptionList>(R"({"msg":[{"channel":"trade","sid":2}],"type":"ok"})");
  EXPECT_EQ(
      decode_as<Subscribed>(R"({"id":1,"type":"subscribed","msg":{"channel":"ticker","sid":7}})")
          .sid,
      7);
  const auto error = decode_as<CommandError>(
      R"({"id":5,"type":"error","msg":{"code":28,"msg":"Markets not found","market_tickers":["A"]}})");
  EXPECT_EQ(error.code, 28);
  EXPECT_TRUE(error.names_markets);
}

TEST_F(FrameDecoderTest, LifecyclePayloadIsTheMessageAsItCame) {
  const auto event = decode_as<LifecycleEvent>(
      R"({"type":"market_lifecycle_v2","sid":4,"seq":8,"msg":{"market_ticker":"A","note":"\"q\", é","event_type":"determined"}})");
  EXPECT_EQ(event.event_type, "determined");
  EXPECT_EQ(event.payload, R"({"market_ticker":"A","note":"\"q\", é","event_type":"determined"})");
  const auto fee = decode_as<LifecycleEvent>(
      R"({"type":"event_fee_update","sid":4,"seq":14,"msg":{"event_ticker":"E","fee_type_override":null}})");
  EXPECT_EQ(fee.event_type, "event_fee_update");
  EXPECT_EQ(fee.ticker, "E");
}

TEST_F(FrameDecoderTest, RefusesWhatIsNoFrame) {
  for (const auto json : {"", "x", "[]", "{}", "null", R"({"type":"trade"})", R"({"type":7})",
                          R"({"type":"trade","msg":)", R"({"type":"orderbook_delta","msg":[]})"}) {
    EXPECT_FALSE(decode(json)) << json;
  }
}

}  // namespace
}  // namespace kd
