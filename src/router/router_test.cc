#include "router/router.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace kd {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest()
      : metrics_(registry_),
        router_(
            {.batch_rows = {100, 100, 100, 100, 100, 100, 100, 100},
             .tickers = &tickers_,
             .heard = nullptr,
             .next_stream_id = [this] { return ++streams_; },
             .on_lifecycle = [this](const LifecycleEvent& e, bool) { told_ = e.event_type; },
             .selects = {},
             .ask_legs = [this](Router::LegQuestion question) { asked_ = std::move(question); },
             .on_flipped = [this](const StreamPlace&) { ++flipped_; },
             .on_gap = {}},
            [this](Table table, RowBatch& batch) {
              rows_[table] += batch.rows();
              batch.clear();
            },
            metrics_) {}

  ControlEvent frame(const std::string& json, std::int32_t connection = 0) {
    text_ = json;
    text_.reserve(text_.size() + kFramePadding);
    return router_.on_frame(connection, text_, micros_from_ms(5'000));
  }
  void subscribe(const char* channel, int sid, std::int32_t connection = 0) {
    frame(fmt::format(R"({{"id":1,"type":"subscribed","msg":{{"channel":"{}","sid":{}}}}})",
                      channel, sid),
          connection);
  }
  ControlEvent delta(int seq, const char* change = "1.00", std::int32_t connection = 0) {
    return frame(
        fmt::format(
            R"({{"type":"orderbook_delta","sid":1,"seq":{},"sending_ts_ms":4000,"msg":{{"market_ticker":"A","price_dollars":"0.4300","delta_fp":"{}","side":"yes","ts_ms":3999}}}})",
            seq, change),
        connection);
  }
  ControlEvent book(int seq, const std::string& sides, int id = 0) {
    return frame(fmt::format(
        R"({{"type":"orderbook_snapshot",{}"sid":1,"seq":{},"sending_ts_ms":4000,"msg":{{"market_ticker":"A"{}{}}}}})",
        id == 0 ? "" : fmt::format(R"("id":{},)", id), seq, sides.empty() ? "" : ",", sides));
  }
  void trade(int seq, const char* number, std::int32_t connection) {
    frame(
        fmt::format(
            R"({{"type":"trade","sid":1,"seq":{},"msg":{{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e2064{}","market_ticker":"A","yes_price_dollars":"0.53","count_fp":"1.00","taker_outcome_side":"yes","ts_ms":5}}}})",
            seq, number),
        connection);
  }
  std::size_t stored(Table table) {
    router_.flush();
    return rows_[table];
  }

  MetricsRegistry registry_;
  RouterMetrics metrics_;
  std::int64_t streams_ = 0;
  std::map<Table, std::size_t> rows_;
  std::string told_;
  Interner tickers_;
  Router::LegQuestion asked_;
  int flipped_ = 0;
  Router router_;
  std::string text_;
};

TEST_F(RouterTest, RoutesEachKindToItsTable) {
  subscribe("orderbook_delta", 1);
  frame(
      R"({"type":"orderbook_snapshot","sid":1,"seq":1,"sending_ts_ms":4000,"msg":{"market_ticker":"A"}})");
  delta(2);
  subscribe("trade", 2);
  frame(
      R"({"type":"trade","sid":2,"seq":1,"msg":{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","market_ticker":"A","yes_price_dollars":"0.53","count_fp":"1.00","taker_outcome_side":"yes","ts_ms":5}})");
  subscribe("ticker", 3);
  frame(
      R"({"type":"ticker","sid":3,"msg":{"market_ticker":"A","price_dollars":"0.53","yes_bid_dollars":"0.53","yes_ask_dollars":"0.54","ts_ms":5}})");
  subscribe("market_lifecycle_v2", 4);
  frame(
      R"({"type":"market_lifecycle_v2","sid":4,"seq":1,"msg":{"market_ticker":"A","event_type":"settled"}})");
  router_.connection_closed(0, micros_from_ms(6'000), "test");
  for (const auto table : {Table::kOrderbookDeltas, Table::kOrderbookSnapshots, Table::kTrades,
                           Table::kTickers, Table::kLifecycleEvents}) {
    EXPECT_EQ(stored(table), 1U) << name_of(table);
  }
  EXPECT_EQ(stored(Table::kLedger), 8U) << "four streams opened and closed";
  EXPECT_EQ(stored(Table::kQuarantine), 0U);
  EXPECT_EQ(told_, "settled");
}

TEST_F(RouterTest, AcksCountInSeqSoThatAddingMarketsIsNoGap) {
  subscribe("orderbook_delta", 1);
  delta(1);
  EXPECT_EQ(frame(R"({"id":3,"sid":1,"seq":2,"type":"ok"})").kind, ControlEvent::Kind::kOk);
  EXPECT_EQ(frame(R"({"id":4,"sid":1,"seq":3,"type":"error","msg":{"code":14,"msg":"x"}})").kind,
            ControlEvent::Kind::kError);
  EXPECT_EQ(delta(4).kind, ControlEvent::Kind::kNone);
}

TEST_F(RouterTest, AGapIsALedgerRowAndAnEvent) {
  subscribe("orderbook_delta", 1);
  delta(1);
  EXPECT_EQ(delta(3).kind, ControlEvent::Kind::kGap);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 2U) << "what came is kept";
  EXPECT_EQ(stored(Table::kLedger), 2U);
}

TEST_F(RouterTest, ADuplicatedFrameIsNotAppliedTwiceAndIsReportedAndKept) {
  subscribe("orderbook_delta", 1);
  delta(1);
  delta(2);
  EXPECT_EQ(delta(2).kind, ControlEvent::Kind::kNone);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 2U);
  EXPECT_EQ(stored(Table::kLedger), 2U);
  EXPECT_EQ(stored(Table::kQuarantine), 1U);
}

TEST_F(RouterTest, ASeqThatStartsOverIsAnotherStream) {
  subscribe("orderbook_delta", 1);
  delta(1);
  delta(2);
  EXPECT_EQ(delta(1).kind, ControlEvent::Kind::kGap);
  EXPECT_EQ(delta(2).kind, ControlEvent::Kind::kNone);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 4U);
  EXPECT_EQ(streams_, 2);
  EXPECT_EQ(stored(Table::kLedger), 3U) << "open, close, open";
}

TEST_F(RouterTest, ASnapshotThatDiffersFromTheStreamsOwnBookIsAMismatchOrAReset) {
  subscribe("orderbook_delta", 1);
  book(1, R"("yes_dollars_fp":[["0.4300","5.00"]])");
  delta(2, "1.00");
  book(3, R"("yes_dollars_fp":[["0.4300","6.00"]])", 9);
  EXPECT_EQ(metrics_.self_checks.value(), 1);
  EXPECT_EQ(metrics_.mismatches.value(), 0);
  book(4, R"("yes_dollars_fp":[["0.4300","7.00"]])", 9);
  EXPECT_EQ(metrics_.mismatches.value(), 1);
  EXPECT_EQ(stored(Table::kLedger), 2U) << "open, mismatch";
  book(5, "");
  EXPECT_EQ(metrics_.mismatches.value(), 1);
  EXPECT_EQ(stored(Table::kLedger), 3U) << "reset";
}

TEST_F(RouterTest, ABookIsNotCheckedOverAGapAndHasNoBaseUntilItsNextSnapshot) {
  const auto a = tickers_.intern("A");
  subscribe("orderbook_delta", 1);
  EXPECT_EQ(router_.without_base(0, 1, {{a}}).size(), 1U);
  book(1, R"("yes_dollars_fp":[["0.4300","5.00"]])");
  EXPECT_TRUE(router_.without_base(0, 1, {{a}}).empty());
  EXPECT_TRUE(delta(3).gap);
  EXPECT_EQ(router_.without_base(0, 1, {{a}}).size(), 1U);
  const auto healed = book(4, R"("yes_dollars_fp":[["0.4300","99.00"]])", 9);
  EXPECT_EQ(healed.kind, ControlEvent::Kind::kSnapshot);
  EXPECT_EQ(healed.text, "A");
  EXPECT_EQ(metrics_.mismatches.value(), 0);
  EXPECT_TRUE(router_.without_base(0, 1, {{a}}).empty());
  const std::string_view names[] = {"A"};
  router_.left(0, 1, micros_from_ms(5'000), names);
  EXPECT_EQ(router_.without_base(0, 1, {{a}}).size(), 1U);
}

TEST_F(RouterTest, AFrameBehindAGapKeepsItsOwnMeaning) {
  subscribe("orderbook_delta", 1);
  delta(1);
  const auto ok = frame(R"({"id":3,"sid":1,"seq":3,"type":"ok"})");
  EXPECT_EQ(ok.kind, ControlEvent::Kind::kOk);
  EXPECT_TRUE(ok.gap);
}

TEST_F(RouterTest, ProvesAStreamUpToItsLastFrameLessTheExchangesLag) {
  subscribe("orderbook_delta", 1);
  EXPECT_TRUE(router_.take_proofs().empty());
  delta(1);  // happened at 3,999, sent at 4,000
  const auto proofs = router_.take_proofs();
  ASSERT_EQ(proofs.size(), 1U);
  EXPECT_EQ(proofs[0].proven_until, micros_from_ms(3'990)) << "Lag::kLeast";
}

TEST_F(RouterTest, AnEndedStreamIsProvenOnceMore) {
  subscribe("orderbook_delta", 1);
  delta(1);
  router_.connection_closed(0, micros_from_ms(6'000), "test");
  EXPECT_EQ(router_.take_proofs().size(), 1U);
  EXPECT_TRUE(router_.take_proofs().empty());
}

TEST_F(RouterTest, AStreamInTheWrongLegMakesNoMoreRows) {
  subscribe("orderbook_delta", 1);
  book(1, R"("yes_dollars_fp":[["0.4000","5.00"]],"no_dollars_fp":[["0.4500","5.00"]])");
  EXPECT_EQ(asked_.ticker, "A");
  ASSERT_EQ(asked_.no.size(), 1U);
  router_.legs_judged(0, asked_.stream_id, LegVerdict::kFlipped, micros_from_ms(5'000));
  EXPECT_EQ(flipped_, 1);
  delta(2);
  router_.connection_closed(0, micros_from_ms(6'000), "test");
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 0U);
  EXPECT_EQ(stored(Table::kOrderbookSnapshots), 0U);
  EXPECT_EQ(stored(Table::kLedger), 2U) << "open, close";
  EXPECT_TRUE(router_.take_proofs().empty());
}

TEST_F(RouterTest, RecordsASidWhoseSubscribedWasLost) {
  book(1, R"("yes_dollars_fp":[["0.4300","5.00"]])");
  delta(2);
  subscribe("orderbook_delta", 1);
  delta(3);
  router_.connection_closed(0, micros_from_ms(6'000), "test");
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 2U);
  EXPECT_EQ(stored(Table::kOrderbookSnapshots), 1U);
  EXPECT_EQ(stored(Table::kLedger), 2U) << "one stream: open, close";
  EXPECT_EQ(stored(Table::kQuarantine), 0U);
}

TEST_F(RouterTest, TwoCrossedBooksNeedNoQuestion) {
  subscribe("orderbook_delta", 1);
  const char* crossed =
      R"("yes_dollars_fp":[["0.4000","5.00"]],"no_dollars_fp":[["0.9900","5.00"]])";
  book(1, crossed);
  EXPECT_EQ(flipped_, 0);
  book(2, crossed);
  EXPECT_EQ(flipped_, 1);
}

TEST_F(RouterTest, TheTwinOfATradeSocketAddsOnlyWhatTheOtherMissed) {
  subscribe("trade", 1, 0);
  subscribe("trade", 1, 1);
  trade(1, "1", 0);
  trade(1, "1", 1);
  trade(2, "2", 1);
  trade(2, "2", 0);
  trade(3, "3", 1);
  EXPECT_EQ(stored(Table::kTrades), 3U);
  EXPECT_EQ(metrics_.twin_copies.value(), 2);
}

TEST_F(RouterTest, AnUndecodableBookMessageIsAGapOfItsMarket) {
  subscribe("orderbook_delta", 1);
  const auto event = delta(1, "1.001");
  EXPECT_EQ(event.kind, ControlEvent::Kind::kStale);
  EXPECT_EQ(event.text, "A");
  EXPECT_EQ(event.sid, 1);
  EXPECT_EQ(stored(Table::kLedger), 2U);
  EXPECT_EQ(stored(Table::kQuarantine), 1U);
}

TEST_F(RouterTest, AStampFarAheadIsKeptRawAndDoesNotMakeTheNextOnesOld) {
  subscribe("orderbook_delta", 1);
  delta(1);
  const auto wild = frame(
      R"({"type":"orderbook_delta","sid":1,"seq":2,"sending_ts_ms":4001,"msg":{"market_ticker":"A","price_dollars":"0.43","delta_fp":"1.00","side":"yes","ts_ms":99999999999}})");
  EXPECT_EQ(wild.kind, ControlEvent::Kind::kStale);
  delta(3);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 2U);
  EXPECT_EQ(stored(Table::kQuarantine), 1U);
}

TEST_F(RouterTest, AllConnectionsMayUseTheSameSid) {
  subscribe("orderbook_delta", 1, 0);
  subscribe("orderbook_delta", 1, 1);
  delta(1, "1.00", 0);
  delta(1, "1.00", 1);
  EXPECT_EQ(delta(2, "1.00", 0).kind, ControlEvent::Kind::kNone);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 3U);
}

TEST_F(RouterTest, WhatCannotBeDecodedIsKeptAndStillUsesUpItsSeq) {
  subscribe("orderbook_delta", 1);
  delta(1);
  delta(2, "1.001");
  EXPECT_EQ(delta(3).kind, ControlEvent::Kind::kNone);
  frame(R"({"type":"some_future_type","sid":1,"seq":4,"msg":{"x":1}})");
  EXPECT_EQ(delta(5).kind, ControlEvent::Kind::kNone);
  frame("garbage");
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 3U);
  EXPECT_EQ(stored(Table::kQuarantine), 3U);
}

TEST_F(RouterTest, EqualTickersInARowCollapseAndDifferentOnesOfAMillisecondSurvive) {
  subscribe("ticker", 3);
  const auto ticker = [&](const char* bid) {
    frame(fmt::format(
        R"({{"type":"ticker","sid":3,"msg":{{"market_ticker":"A","price_dollars":"0.53","yes_bid_dollars":"{}","yes_ask_dollars":"0.60","ts_ms":5}}}})",
        bid));
  };
  ticker("0.53");
  ticker("0.53");
  ticker("0.54");
  ticker("0.53");
  EXPECT_EQ(stored(Table::kTickers), 3U);
}

TEST_F(RouterTest, AStopWritesTheSnapshotsThatStillWait) {
  subscribe("orderbook_delta", 1, 0);
  subscribe("orderbook_delta", 1, 1);
  for (const int connection : {0, 1}) {
    frame(
        R"({"type":"orderbook_snapshot","sid":1,"seq":1,"sending_ts_ms":4000,"msg":{"market_ticker":"A"}})",
        connection);
  }
  EXPECT_EQ(stored(Table::kOrderbookSnapshots), 0U);
  router_.close_all(micros_from_ms(6'000), "test");
  EXPECT_EQ(stored(Table::kOrderbookSnapshots), 2U);
  EXPECT_EQ(stored(Table::kLedger), 4U) << "two streams opened and closed";
}

TEST_F(RouterTest, AFullBatchLeavesAtOnce) {
  subscribe("orderbook_delta", 1);
  for (int seq = 1; seq <= 250; ++seq) delta(seq);
  EXPECT_EQ(rows_[Table::kOrderbookDeltas], 200U);
  EXPECT_EQ(stored(Table::kOrderbookDeltas), 250U);
}

}  // namespace
}  // namespace kd
