#include "codec/rest_decoder.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::StartsWith;

constexpr std::string_view kMarket =
    R"({"ticker":"A-1","event_ticker":"A","status":"active","title":"\"Gold\" é","price_ranges":[{"start":"0"}],)"
    R"("open_time":"2026-08-11T00:30:00Z","close_time":"2026-08-11T00:45:00.5Z","exchange_index":2,"custom_strike":{"x":1}})";

TEST(RestDecoderTest, ReadsAPageOfMarkets) {
  const auto page =
      decode_markets_page(R"({"cursor":"abc","markets":[)" + std::string(kMarket) + "]}");
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->cursor, "abc");
  ASSERT_EQ(page->markets.size(), 1U);
  EXPECT_EQ(page->markets[0].ticker, "A-1");
  EXPECT_EQ(page->markets[0].status, "active");
  EXPECT_EQ(page->markets[0].close_time, micros_from_ms(1'786'409'100'500));
}

TEST(RestDecoderTest, TheLastPageHasAnEmptyNullOrNoCursor) {
  for (const auto body :
       {R"({"markets":[],"cursor":""})", R"({"markets":[],"cursor":null})", R"({"markets":[]})"}) {
    const auto page = decode_markets_page(body);
    ASSERT_TRUE(page) << page.error().what;
    EXPECT_EQ(page->cursor, "");
  }
}

TEST(RestDecoderTest, AnUnreadableMarketIsNamedAndHidesNoneBehindIt) {
  const auto page = decode_markets_page(
      R"({"markets":[{"ticker":"A"},{"ticker":"B","status":"active","close_time":null},)" +
      std::string(kMarket) + R"(],"cursor":"next"})");
  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->markets.size(), 2U);
  EXPECT_EQ(page->markets[0].ticker, "B");
  EXPECT_EQ(page->markets[0].close_time, std::nullopt);
  EXPECT_EQ(page->markets[1].ticker, "A-1");
  ASSERT_EQ(page->unreadable.size(), 1U);
  EXPECT_EQ(page->unreadable[0], "status: missing");
  EXPECT_EQ(page->cursor, "next");
  EXPECT_FALSE(decode_markets_page("<html>502</html>"));
}

TEST(RestDecoderTest, ReadsTheExchangeStatusWithItsShards) {
  const auto status = decode_exchange_status(
      R"({"exchange_active":true,"trading_active":false,"exchange_estimated_resume_time":null,)"
      R"("exchange_index_statuses":[{"exchange_index":1,"description":"combos","exchange_active":true,"trading_active":false}]})");
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_TRUE(status->exchange_active);
  EXPECT_FALSE(status->trading_active);
  EXPECT_FALSE(status->estimated_resume);
  ASSERT_EQ(status->shards.size(), 1U);
  EXPECT_EQ(status->shards[0].exchange_index, 1);
}

TEST(RestDecoderTest, ReadsBooksByTicker) {
  const auto books = decode_orderbooks(
      R"({"orderbooks":[{"ticker":"A","orderbook_fp":{"yes_dollars":[["0.4100","88.50"]],"no_dollars":[]}}]})");
  ASSERT_TRUE(books) << books.error().what;
  ASSERT_EQ(books->books.size(), 1U);
  EXPECT_EQ(books->books[0].yes[0], (Level{*Price::parse("0.41"), Size(8'850)}));
  EXPECT_TRUE(books->books[0].no.empty());
  EXPECT_TRUE(books->unreadable.empty());
  EXPECT_FALSE(decode_orderbook(R"({"orderbook":{}})", "A"));
}

TEST(RestDecoderTest, AnUnreadableBookIsKeptAsItCameAndHidesNoneBesideIt) {
  const std::string bad =
      R"({"ticker":"B","orderbook_fp":{"yes_dollars":[["0.410001","1.00"]],"no_dollars":[]}})";
  const auto books = decode_orderbooks(
      R"({"orderbooks":[)" + bad +
      R"(,{"ticker":"C"},{"ticker":"A","orderbook_fp":{"yes_dollars":[],"no_dollars":[["0.96","5.00"]]}}]})");
  ASSERT_TRUE(books) << books.error().what;
  ASSERT_EQ(books->books.size(), 1U);
  EXPECT_EQ(books->books[0].ticker, "A");
  ASSERT_EQ(books->unreadable.size(), 2U);
  EXPECT_EQ(books->unreadable[0].text, bad);
  EXPECT_THAT(books->unreadable[0].reason, StartsWith("yes_dollars: "));
  EXPECT_EQ(books->unreadable[1].reason, "orderbook_fp: missing");
}

TEST(RestDecoderTest, ReadsOneMarketWithItsTimes) {
  const auto one = decode_market(R"({"market":)" + std::string(kMarket) + "}");
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(one->ticker, "A-1");
  EXPECT_EQ(one->open_time, micros_from_ms(1'786'408'200'000));
  EXPECT_FALSE(decode_market(R"({"error":"no"})"));
}

TEST(RestDecoderTest, ReadsTheTimesOfALifecycleEvent) {
  const auto both =
      decode_lifecycle_times(R"({"close_ts":1786409100,"open_ts":1786408200,"x":{}})");
  EXPECT_EQ(both.open, micros_from_ms(1'786'408'200'000));
  EXPECT_EQ(both.close, micros_from_ms(1'786'409'100'000));
  const auto none = decode_lifecycle_times(R"({"close_ts":"soon","open_ts":null})");
  EXPECT_EQ(none.open, std::nullopt);
  EXPECT_EQ(none.close, std::nullopt);
  EXPECT_EQ(decode_lifecycle_times("{").close, std::nullopt);
}

TEST(RestDecoderTest, ReadsTheAnnouncedMaintenance) {
  const auto windows = decode_maintenance_windows(
      R"({"schedule":{"standard_hours":[],"maintenance_windows":[)"
      R"({"start_datetime":"2026-08-11T00:30:00Z","end_datetime":"2026-08-11T00:45:00Z"},)"
      R"({"start_datetime":"soon","end_datetime":"2026-08-11T00:45:00Z"}]}})");
  ASSERT_TRUE(windows) << windows.error().what;
  ASSERT_EQ(windows->size(), 1U);
  EXPECT_EQ((*windows)[0],
            (TimeWindow{micros_from_ms(1'786'408'200'000), micros_from_ms(1'786'409'100'000)}));
  EXPECT_TRUE(decode_maintenance_windows(R"({"schedule":{}})"));
  EXPECT_FALSE(decode_maintenance_windows("{}"));
}

TEST(RestDecoderTest, FloorsTheTimeOfATradeAndKeepsTheRest) {
  const auto page = decode_trades_page(
      R"({"cursor":"","trades":[{"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","ticker":"A","count_fp":"1.50",)"
      R"("yes_price_dollars":"0.5300","no_price_dollars":"0.4700","taker_outcome_side":"no","taker_book_side":"ask",)"
      R"("created_time":"2026-08-11T00:30:42.445624Z","is_block_trade":false}]})");
  ASSERT_TRUE(page) << page.error().what;
  const auto& trade = page->trades.at(0);
  EXPECT_EQ(to_us(trade.time.at), 1'786'408'242'445'000);
  EXPECT_EQ(to_us(*trade.time.finer), 1'786'408'242'445'624);
  EXPECT_EQ(trade.taker_side, Side::kNo);
}

TEST(RestDecoderTest, ATradeThatCannotBeReadExactlyHidesNoneBesideIt) {
  const std::string good =
      R"({"trade_id":"7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641","ticker":"A","count_fp":"1.50",)"
      R"("yes_price_dollars":"0.5300","taker_side":"yes","created_time":"2026-08-11T00:30:42Z"})";
  auto bad_price = good;
  bad_price.replace(bad_price.find("0.5300"), 6, "0.5300001");
  auto bad_count = good;
  bad_count.replace(bad_count.find("1.50"), 4, "-1.50");
  const auto page = decode_trades_page(R"({"trades":[)" + bad_price + "," + good + "," + bad_count +
                                       R"(],"cursor":"next"})");
  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->trades.size(), 1U);
  EXPECT_EQ(page->trades[0].taker_side, Side::kYes) << "as it was named before May 2026";
  EXPECT_FALSE(page->trades[0].is_block);
  ASSERT_EQ(page->unreadable.size(), 2U);
  EXPECT_THAT(page->unreadable[0].reason, StartsWith("yes_price_dollars"));
  EXPECT_EQ(page->unreadable[0].text, bad_price);
  EXPECT_THAT(page->unreadable[1].reason, StartsWith("count_fp"));
  EXPECT_EQ(page->cursor, "next");
}

TEST(RestDecoderTest, ReadsLimitsAndCutoff) {
  const auto limits = decode_account_limits(
      R"({"usage_tier":"basic","read":{"refill_rate":200,"bucket_capacity":600},"write":{"refill_rate":100,"bucket_capacity":100},"grants":[]})");
  ASSERT_TRUE(limits) << limits.error().what;
  EXPECT_EQ(limits->read_refill_rate, 200);
  EXPECT_EQ(limits->read_bucket_capacity, 600);
  const auto cutoff = decode_historical_cutoff(
      R"({"market_settled_ts":"2026-07-27T00:00:00Z","trades_created_ts":"2026-07-27T00:00:00Z","orders_updated_ts":"2026-09-11T00:00:00Z"})");
  ASSERT_TRUE(cutoff) << cutoff.error().what;
}

TEST(RestDecoderTest, FindsTheTextOfEveryShapeOfError) {
  EXPECT_EQ(error_text(R"({"code":"bad_request","message":"bad cursor"})"), "bad cursor");
  EXPECT_EQ(error_text(R"({"error":{"code":"not_found","message":"not found"}})"), "not found");
  EXPECT_EQ(error_text(R"({"error":"too many requests"})"), "too many requests");
  EXPECT_THAT(error_text("<html>bad gateway</html>"), StartsWith("<html>"));
}

TEST(RestDecoderTest, ABodyThatIsBrokenSomewhereGivesNothingOfItself) {
  const std::string broken = R"({"error":"0.0100","1.00"],"open_ts":1,["0.0200","27.00"]})";
  EXPECT_EQ(error_text(broken), broken);
  EXPECT_FALSE(decode_lifecycle_times(broken).open);
  EXPECT_FALSE(decode_markets_page(R"({"markets":[{"ticker":"A","status":"active"}],"cursor":"x)"));
}

TEST(RestDecoderTest, ALifecycleTimeOutOfRangeIsNone) {
  const auto times =
      decode_lifecycle_times(R"({"open_ts":9223372036854775807,"close_ts":1786408242})");
  EXPECT_FALSE(times.open);
  EXPECT_EQ(times.close, micros_from_ms(1'786'408'242'000));
}

}  // namespace
}  // namespace kd
