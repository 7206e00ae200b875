#include "sim/rest_api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sim/cursor.h"
#include "sim/numbers.h"

namespace kd::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'700'000'000'000;

class RestApiTest : public testing::Test {
 protected:
  RestApiTest() {
    const EventIndex event = world_.add_event("KXA-1", world_.series_for("KXA"));
    const EventIndex combo = world_.add_event("KXMVEX-1", world_.series_for("KXMVEX"));
    for (int i = 0; i < 5; ++i) add(fmt::format("KXA-1-T{}.5", i), event);
    add("KXMVEX-1-A", combo);
    Market& over = world_.market(0);
    over.result = "yes";
    over.settlement_value = kDollar;
    over.times.close = kNow - 3000;
    over.times.determined = kNow - 2000;
    over.times.settled = kNow - 1000;
    world_.market(1).times.close = kNow - 1;
    world_.market(2).times.open = kNow + 1;
    world_.market(2).times.created = kNow - 1;
  }

  void add(const std::string& ticker, EventIndex event) {
    Market& market = world_.market(world_.add_market(ticker, event));
    market.times.created = kNow - 10'000;
    market.times.open = kNow - 9'000;
    market.times.close = kNow + 9'000;
  }

  HttpResponse get(const std::string& path, std::string_view client = "key") {
    HttpRequest request;
    request.method = "GET";
    request.target = "/trade-api/v2" + path;
    return api_.handle(request, client, kNow, real_ms_);
  }
  // The tickers of a list of markets, following its cursors.
  std::vector<std::string> tickers(const std::string& query) {
    std::vector<std::string> found;
    std::string cursor;
    do {
      const std::string body = get("/markets?" + query + "&cursor=" + cursor).body;
      for (std::size_t at = 0; (at = body.find("{\"ticker\":\"", at)) != std::string::npos; ++at) {
        found.push_back(body.substr(at + 11, body.find('"', at + 11) - at - 11));
      }
      const auto at = body.rfind("\"cursor\":\"") + 10;
      cursor = body.substr(at, body.rfind('"') - at);
    } while (!cursor.empty());
    return found;
  }

  World world_;
  RestApi api_{world_, {}};
  std::int64_t real_ms_ = 1;
};

TEST_F(RestApiTest, StatusIsAsOfTheClock) {
  EXPECT_THAT(get("/markets/KXA-1-T0.5").body, HasSubstr(R"("status":"finalized")"));
  EXPECT_THAT(get("/markets/KXA-1-T0.5").body, HasSubstr(R"("result":"yes")"));
  EXPECT_THAT(get("/markets/KXA-1-T1.5").body, HasSubstr(R"("status":"closed")"));
  EXPECT_THAT(get("/markets/KXA-1-T1.5").body, HasSubstr(R"("result":"")"));
  EXPECT_THAT(get("/markets/KXA-1-T2.5").body, HasSubstr(R"("status":"initialized")"));
  EXPECT_THAT(get("/markets/KXA-1-T3.5").body, HasSubstr(R"("status":"active")"));
}

TEST_F(RestApiTest, StatusFilterUsesTheFilterNames) {
  EXPECT_THAT(tickers("status=settled"), testing::ElementsAre("KXA-1-T0.5"));
  EXPECT_THAT(tickers("status=closed"), testing::ElementsAre("KXA-1-T1.5"));
  EXPECT_THAT(tickers("status=unopened"), testing::ElementsAre("KXA-1-T2.5"));
  EXPECT_THAT(tickers("status=open&mve_filter=exclude"),
              testing::ElementsAre("KXA-1-T3.5", "KXA-1-T4.5"));
  EXPECT_THAT(tickers("mve_filter=only"), testing::ElementsAre("KXMVEX-1-A"));
  EXPECT_THAT(tickers("tickers=KXA-1-T4.5,KXA-1-T0.5"),
              testing::ElementsAre("KXA-1-T0.5", "KXA-1-T4.5"));
}

TEST_F(RestApiTest, PagesCoverEveryRowOnceAndEndWithAnEmptyCursor) {
  EXPECT_EQ(tickers("limit=1").size(), 6U);
  EXPECT_EQ(tickers("limit=6").size(), 6U);
  EXPECT_THAT(get("/markets?limit=6").body, HasSubstr(R"("cursor":"")"));
}

TEST_F(RestApiTest, CursorOfAnotherQueryIsRefused) {
  const std::string cursor = make_cursor("other", 3);
  EXPECT_EQ(get("/markets?cursor=" + cursor).status, 400);
  EXPECT_EQ(get("/markets?cursor=nonsense").status, 400);
}

TEST_F(RestApiTest, TimeFiltersOfDifferentFamiliesExcludeEachOther) {
  EXPECT_EQ(get("/markets?min_close_ts=1&max_created_ts=2").status, 400);
  EXPECT_EQ(get("/markets?min_close_ts=1&max_close_ts=2").status, 200);
  EXPECT_EQ(get("/markets?min_settled_ts=1&status=open").status, 400);
  EXPECT_EQ(get("/markets?min_updated_ts=1").status, 400);
  EXPECT_EQ(get("/markets?min_updated_ts=1&mve_filter=exclude").status, 200);
  EXPECT_EQ(get("/markets?status=open,closed").status, 400);
  EXPECT_EQ(get("/markets?limit=1001").status, 400);
}

TEST_F(RestApiTest, EventsLeaveCombosToTheirOwnPath) {
  EXPECT_THAT(get("/events").body, Not(HasSubstr("KXMVE")));
  EXPECT_THAT(get("/events/multivariate").body, HasSubstr("KXMVEX-1"));
  EXPECT_THAT(get("/events?status=settled&with_nested_markets=true").body, HasSubstr("KXA-1-T0.5"));
  EXPECT_EQ(get("/events?limit=201").status, 400);
}

TEST_F(RestApiTest, OrderbookHasBothSidesAndBestLast) {
  world_.market(3).book.apply(true, 41'000, 8850);
  world_.market(3).book.apply(true, 42'000, 100);
  EXPECT_EQ(
      get("/markets/KXA-1-T3%2E5/orderbook").body,
      R"({"orderbook_fp":{"yes_dollars":[["0.4100","88.50"],["0.4200","1.00"]],"no_dollars":[]}})");
  EXPECT_EQ(
      get("/markets/orderbooks?tickers=KXA-1-T4.5&tickers=NOPE").body,
      R"({"orderbooks":[{"ticker":"KXA-1-T4.5","orderbook_fp":{"yes_dollars":[],"no_dollars":[]}}]})");
  EXPECT_EQ(get("/markets/orderbooks").status, 400);
}

TEST_F(RestApiTest, TradesAreNewestFirstAndPagesStandStillWhileTradesComeIn) {
  const auto add_trade = [&](std::int64_t second) {
    world_.add_trade({0, 3, kNow * 1000 + second * 1'000'000, 50'000, 100, true, false,
                      fmt::format("id-{}", second)});
  };
  for (int second = 1; second <= 4; ++second) add_trade(second);
  const std::string first = get("/markets/trades?limit=2").body;
  EXPECT_LT(first.find("id-4"), first.find("id-3"));
  const auto at = first.rfind("\"cursor\":\"") + 10;
  const std::string cursor = first.substr(at, first.rfind('"') - at);
  add_trade(5);
  const std::string second = get("/markets/trades?limit=2&cursor=" + cursor).body;
  EXPECT_LT(second.find("id-2"), second.find("id-1"));
  EXPECT_THAT(second, HasSubstr(R"("cursor":"")"));
  const std::int64_t two = kNow / 1000 + 2;
  EXPECT_THAT(get(fmt::format("/markets/trades?min_ts={}&max_ts={}", two, two)).body,
              testing::AllOf(HasSubstr("id-2"), Not(HasSubstr("id-3"))));
  EXPECT_THAT(get("/markets/trades?ticker=NOPE").body, HasSubstr(R"("trades":[])"));
}

TEST_F(RestApiTest, ErrorsHaveTheirShapes) {
  EXPECT_EQ(get("/markets/NOPE").body, R"({"error":{"code":"not_found","message":"not found"}})");
  EXPECT_EQ(get("/markets/NOPE").status, 404);
  EXPECT_THAT(get("/markets?limit=x").body, HasSubstr(R"({"code":"invalid_parameters")"));
  const HttpResponse moved = get("/markets/?limit=1");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.headers.at(0).second, "/trade-api/v2/markets?limit=1");
  EXPECT_EQ(get("/account/limits", "").status, 401);
}

TEST_F(RestApiTest, MalformedValuesAreRefusedEverywhere) {
  for (const char* path :
       {"/events?min_updated_ts=x", "/events?min_close_ts=x",
        "/events/multivariate?min_updated_ts=x", "/events?with_nested_markets=maybe",
        "/events/KXA-1?with_nested_markets=1", "/events/multivariate?with_nested_markets=x",
        "/series?include_volume=yes", "/series/KXA?include_volume=yes", "/series?min_updated_ts=x",
        "/markets?mve_filter=exclude&min_updated_ts=x", "/markets?max_updated_ts=9999999999999999",
        "/markets/trades?is_block_trade=x", "/markets/trades?min_ts=x"}) {
    EXPECT_EQ(get(path).status, 400) << path;
  }
  EXPECT_EQ(get("/series?include_volume=true&min_updated_ts=1").status, 200);
  EXPECT_EQ(get("/events?with_nested_markets=false").status, 200);
}

TEST_F(RestApiTest, ABadLimitAndABadCursorAreToldApart) {
  for (const char* list : {"/markets", "/events", "/markets/trades"}) {
    EXPECT_THAT(get(std::string(list) + "?limit=x").body,
                testing::AllOf(HasSubstr("limit is"), Not(HasSubstr("cursor"))))
        << list;
    EXPECT_THAT(get(std::string(list) + "?cursor=x").body,
                testing::AllOf(HasSubstr("cursor is"), Not(HasSubstr("limit"))))
        << list;
  }
}

TEST_F(RestApiTest, OrderbooksRefusesATickerThatIsTooLong) {
  EXPECT_EQ(get("/markets/orderbooks?tickers=" + std::string(200, 'K')).status, 200);
  EXPECT_EQ(get("/markets/orderbooks?tickers=A&tickers=" + std::string(201, 'K')).status, 400);
}

TEST_F(RestApiTest, RedirectsBelowItsOwnRootOnly) {
  const auto status = [&](const std::string& method, const std::string& target) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    return api_.handle(request, "key", kNow, real_ms_).status;
  };
  EXPECT_EQ(status("GET", "/"), 404);
  EXPECT_EQ(status("GET", "//host/"), 404);
  EXPECT_EQ(status("GET", "//host/trade-api/v2/"), 404);
  EXPECT_EQ(status("GET", "/trade-api/v2markets"), 404);
  EXPECT_EQ(status("GET", "/trade-api/v2/markets/"), 301);
  EXPECT_EQ(status("HEAD", "/trade-api/v2/markets"), 200);
  EXPECT_EQ(status("POST", "/trade-api/v2/markets"), 405);
}

TEST_F(RestApiTest, ReadBudgetIsPerClientAndRefills) {
  RestApi limited(world_, {20, 1});
  const auto status = [&](std::string_view client, std::int64_t real_ms) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/trade-api/v2/exchange/status";
    return limited.handle(request, client, kNow, real_ms).status;
  };
  EXPECT_EQ(status("a", 1), 200);
  EXPECT_EQ(status("a", 1), 200);
  EXPECT_EQ(status("a", 1), 429);
  EXPECT_EQ(status("b", 1), 200);
  EXPECT_EQ(status("a", 501), 200);
}

}  // namespace
}  // namespace kd::sim
