#include "app/tape_rows.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/frame_decoder.h"

namespace kd {
namespace {

class TapeRowsTest : public testing::Test {
 protected:
  TapeRow row(std::string text) {
    text.reserve(text.size() + kFramePadding);
    text_ = std::move(text);
    const TapeRecord record{.kind = TapeKind::kFrame,
                            .connection = 7,
                            .wall = micros_from_us(1'786'408'242'000'123),
                            .mono = {},
                            .text = text_};
    const auto frame = decoder_.decode(text_);
    return frame ? row_of(*frame, record) : quarantine_row(frame.error().what, record);
  }

  FrameDecoder decoder_;
  std::string text_;
};

constexpr const char* kTrade =
    R"({"type":"trade","sid":2,"seq":9,"sending_ts_ms":1786408242450,"msg":{)"
    R"("trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","market_ticker":"KX-1",)"
    R"("yes_price_dollars":"0.3600","no_price_dollars":"0.6400","count_fp":"136.00",)"
    R"("taker_side":"no","ts":1786408242,"ts_ms":1786408242445}})";

TEST_F(TapeRowsTest, ATradeIsARowWithTheUnitsOfItsTable) {
  EXPECT_EQ(as_json(row(kTrade)),
            R"({"table":"trades","received_at":1786408242000123,"connection":7,"sid":2,"seq":9,)"
            R"("sending_ts":1786408242450000,"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641",)"
            R"("exchange_ts":1786408242445000,"exchange_us":null,"ticker":"KX-1","price":36000,)"
            R"("size":13600,"taker_side":false,"is_block":null})");
}

TEST_F(TapeRowsTest, CsvHasAHeaderAndEmptyForNull) {
  const auto trade = row(kTrade);
  EXPECT_EQ(csv_header(trade),
            "received_at,connection,sid,seq,sending_ts,trade_id,exchange_ts,exchange_us,ticker,"
            "price,size,taker_side,is_block");
  EXPECT_EQ(as_csv(trade),
            "1786408242000123,7,2,9,1786408242450000,\"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641\","
            "1786408242445000,,\"KX-1\",36000,13600,false,");
}

TEST_F(TapeRowsTest, ASnapshotHasItsLevelsAsOneArray) {
  const auto snapshot =
      row(R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KX-1",)"
          R"("yes_dollars_fp":[["0.0100","25000.00"],["0.4200","1300.00"]]}})");
  EXPECT_NE(as_json(snapshot).find(R"("yes_bids":[1000,2500000,42000,130000],"no_bids":[])"),
            std::string::npos)
      << as_json(snapshot);
  EXPECT_NE(as_csv(snapshot).find(R"("[1000,2500000,42000,130000]","[]")"), std::string::npos);
}

TEST_F(TapeRowsTest, AnAnswerIsNoRow) {
  EXPECT_TRUE(row(R"({"type":"ok","id":1,"sid":1,"seq":2,"msg":{}})").columns.empty());
}

TEST_F(TapeRowsTest, WhatCannotBeDecodedIsKeptWithItsReason) {
  const auto unknown = row(R"({"type":"news","msg":{"a \"b\"":1}})");
  EXPECT_EQ(unknown.table, Table::kQuarantine);
  EXPECT_EQ(as_json(unknown),
            R"({"table":"quarantine","received_at":1786408242000123,"connection":7,)"
            R"("reason":"unknown type 'news'",)"
            R"("frame":"{\"type\":\"news\",\"msg\":{\"a \\\"b\\\"\":1}}"})");
  const auto broken = row(R"({"type":"trade","msg":{"trade_id")");
  EXPECT_EQ(broken.table, Table::kQuarantine);
  EXPECT_EQ(as_csv(broken).find("1786408242000123,7,\""), 0U);
}

}  // namespace
}  // namespace kd
