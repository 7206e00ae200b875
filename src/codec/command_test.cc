#include "codec/command.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(CommandTest, AsksForBooksInTheirOwnLegExplicitly) {
  const std::string_view tickers[] = {"KXCPIYOY-26NOV-T3.1", "KXB-2"};
  EXPECT_EQ(subscribe_books(1, tickers),
            R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
            R"("market_tickers":["KXCPIYOY-26NOV-T3.1","KXB-2"],"use_yes_price":false,)"
            R"("skip_ticker_ack":true}})");
}

TEST(CommandTest, WritesTheOtherCommands) {
  const std::string_view one[] = {"A"};
  EXPECT_EQ(subscribe_all(2, Channel::kTrade),
            R"({"id":2,"cmd":"subscribe","params":{"channels":["trade"]}})");
  EXPECT_EQ(update_subscription(3, 1, UpdateAction::kGetSnapshot, one),
            R"({"id":3,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot",)"
            R"("market_tickers":["A"],"skip_ticker_ack":true}})");
  const std::int64_t sids[] = {1, 2};
  EXPECT_EQ(unsubscribe(5, sids), R"({"id":5,"cmd":"unsubscribe","params":{"sids":[1,2]}})");
  EXPECT_EQ(list_subscriptions(6), R"({"id":6,"cmd":"list_subscriptions"})");
}

}  // namespace
}  // namespace kd
