// The registry against an exchange that misbehaves on command, over real sockets.
#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "market/market_registry.h"
#include "support/eventually.h"
#include "support/scripted_exchange.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

HttpResponse json(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

std::string market(const std::string& ticker, const std::string& status = "active") {
  return R"({"ticker":")" + ticker + R"(","event_ticker":"E","status":")" + status +
         R"(","open_time":"2026-01-22T00:00:00Z","close_time":"2036-11-22T00:00:00Z"})";
}

std::string page(const std::vector<std::string>& tickers, const std::string& cursor = "") {
  std::string list;
  for (const auto& ticker : tickers) list += (list.empty() ? "" : ",") + market(ticker);
  return R"({"markets":[)" + list + R"(],"cursor":")" + cursor + "\"}";
}

bool asks_for(const HttpRequest& request, const std::string& text) {
  return request.target.find(text) != std::string::npos;
}

// What an exchange answers beside what a test is about.
HttpResponse rest_of(const HttpRequest& request) {
  if (asks_for(request, "/exchange/status")) {
    return json(200, R"({"exchange_active":true,"trading_active":true})");
  }
  if (asks_for(request, "/exchange/schedule")) return json(200, R"({"schedule":{}})");
  if (asks_for(request, "/account/limits")) return json(404, "{}");
  return json(200, page({}));
}

class RegistryTest : public testing::Test {
 protected:
  void start(const ScriptedExchange& exchange, std::chrono::milliseconds interval = 1h) {
    start(exchange.rest_url(), interval, 3);
  }
  void start(const std::string& url, std::chrono::milliseconds interval, int max_retries) {
    client_ = std::make_unique<RestClient>(RestClient::Options{.base_url = url,
                                                               .ca_file = {},
                                                               .timeout = 10s,
                                                               .max_retries = max_retries,
                                                               .retry_backoff = 1ms,
                                                               .tokens_per_second = 1e6,
                                                               .bucket_capacity = 1e6},
                                           nullptr, metrics_, silent_logger());
    registry_ = std::make_unique<Registry>(
        Registry::Options{.reconcile_interval = interval,
                          .status_interval = 1min,
                          .page_size = 1000,
                          .read_share = 1,
                          .learn_budget = false,
                          .rules = rules_},
        tickers_, *client_,
        Registry::Hooks{.wanted = [this](const auto& change) { apply(change, wanted_); },
                        .open = [this](const auto& change) { apply(change, open_); },
                        .refused = [this](const Error&) { ++refused_; },
                        .heard = {}},
        metrics_, silent_logger());
    registry_->start();
  }
  void apply(const MarketTable::Change& change, std::set<std::string>& set) {
    const MutexLock lock(mutex_);
    for (const auto id : change.added) EXPECT_TRUE(set.emplace(tickers_.name(id)).second);
    for (const auto id : change.removed) {
      EXPECT_EQ(set.erase(std::string(tickers_.name(id))), 1U);
    }
  }
  std::set<std::string> wanted() {
    const MutexLock lock(mutex_);
    return wanted_;
  }
  bool becomes_wanted(const std::set<std::string>& expected) {
    return eventually([&] { return wanted() == expected; });
  }

  MetricsRegistry metrics_;
  Interner tickers_;
  UniverseRules rules_;
  Mutex mutex_;
  std::set<std::string> wanted_ KD_GUARDED_BY(mutex_);
  std::set<std::string> open_ KD_GUARDED_BY(mutex_);
  std::atomic<int> refused_{0};
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, PagesToTheEmptyCursorAndPublishesEachPageBeforeTheNext) {
  std::vector<std::size_t> known_at_page;
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (!asks_for(request, "status=open&mve_filter=exclude"))
                                     return rest_of(request);
                                   known_at_page.push_back(wanted().size());
                                   if (asks_for(request, "cursor=b%2B%3D"))
                                     return json(200, page({"C"}));
                                   if (asks_for(request, "cursor=a"))
                                     return json(200, page({"B"}, "b+="));
                                   return json(200, page({"A"}, "a"));
                                 },
                             .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  EXPECT_THAT(wanted(), ElementsAre("A", "B", "C"));
  EXPECT_THAT(known_at_page, ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(exchange.requests(),
              Contains("GET /trade-api/v2/markets?limit=1000&status=unopened&mve_filter=only"))
      << "combos too";
}

TEST_F(RegistryTest, TriesAgainWhatMaySucceed) {
  std::atomic<int> calls{0};
  ScriptedExchange exchange(
      {.rest =
           [&](const HttpRequest& request) {
             if (!asks_for(request, "status=open&mve_filter=exclude")) return rest_of(request);
             const int call = calls++;
             if (call == 0) return HttpResponse{502, "text/html", "<html>bad gateway</html>", {}};
             if (call == 1) return HttpResponse{200, "text/html", "<html>maintenance</html>", {}};
             if (call == 2) return json(200, R"({"markets":"none"})");
             return json(200, page({"A"}));
           },
       .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  EXPECT_THAT(wanted(), Contains("A"));
}

TEST_F(RegistryTest, RefusedCredentialsEndItWithoutAStorm) {
  ScriptedExchange exchange(
      {.rest = [](const HttpRequest&) { return json(401, R"({"error":{"message":"no"}})"); },
       .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return refused_ == 1; }));
  registry_.reset();
  EXPECT_EQ(exchange.requests().size(), 1U);
  EXPECT_TRUE(
      eventually([&] { return metrics_.gauge("rest_credentials_refused", "").value() == 1; }));
}

TEST_F(RegistryTest, AnExchangeThatCannotBeReachedAtTheStartIsSaid) {
  std::string nobody_listens;
  {
    const ScriptedExchange gone({.rest = {}, .on_text = {}});
    nobody_listens = gone.rest_url();
  }
  start(nobody_listens, 1h, 1);
  EXPECT_TRUE(eventually([&] { return refused_ == 1; }));
}

TEST_F(RegistryTest, FollowsNewAndVanishedMarketsOfTheLists) {
  std::atomic<int> stage{0};
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   const bool two = stage == 0;
                                   if (asks_for(request, "/markets/B"))
                                     return json(two ? 200 : 404, "{}");
                                   if (!asks_for(request, "status=open&mve_filter=exclude"))
                                     return rest_of(request);
                                   return json(200, two ? page({"A", "B"}) : page({"A", "C"}));
                                 },
                             .on_text = {}});
  start(exchange, 100ms);
  ASSERT_TRUE(becomes_wanted({"A", "B"}));
  stage = 1;
  EXPECT_TRUE(becomes_wanted({"A", "C"}));
}

TEST_F(RegistryTest, AWalkWithAMissingPageLetsNothingGo) {
  std::atomic<bool> walked{false};
  std::atomic<int> refused{0};
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (!asks_for(request, "status=open&mve_filter=exclude"))
                                     return rest_of(request);
                                   if (!asks_for(request, "cursor=2"))
                                     return json(200, page({"A"}, "2"));
                                   if (!registry_ || !registry_->walked_once())
                                     return json(200, page({"B"}));
                                   ++refused;
                                   return json(400, R"({"message":"bad cursor"})");
                                 },
                             .on_text = {}});
  start(exchange, 50ms);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  walked = true;
  ASSERT_TRUE(eventually([&] { return refused >= 3; }));
  EXPECT_THAT(wanted(), ElementsAre("A", "B"));
  for (const auto& request : exchange.requests())
    EXPECT_THAT(request, Not(HasSubstr("/markets/B")));
}

TEST_F(RegistryTest, AnAnnouncedMarketIsWantedAtOnceAndAskedForUntilItIsThere) {
  std::atomic<int> asked{0};
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (!asks_for(request, "/markets/N-1.5"))
                                     return rest_of(request);
                                   if (++asked <= 2) return json(404, R"({"code":"not_found"})");
                                   return json(200, R"({"market":)" + market("N-1.5") + "}");
                                 },
                             .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  registry_->on_lifecycle("N-1.5", "created", R"({"open_ts":1700000000,"close_ts":2100000000})",
                          false);
  EXPECT_TRUE(becomes_wanted({"N-1.5"}));
  EXPECT_TRUE(eventually([&] { return asked == 3; }));
  registry_->on_lifecycle("N-1.5", "settled", "{}", false);
  EXPECT_TRUE(becomes_wanted({}));
}

TEST_F(RegistryTest, ABurstOfEventsAndASlowReaderEndInTheActiveSet) {
  constexpr int kMarkets = 500;
  ScriptedExchange exchange({.rest = rest_of, .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  {
    const MutexLock slow(mutex_);  // whoever is told of a change waits here
    std::vector<std::jthread> sockets;
    for (int s = 0; s < 2; ++s) {
      sockets.emplace_back([&] {
        for (int i = 0; i < 500'000; ++i) {
          const auto ticker = "M-" + std::to_string(i % kMarkets);
          const bool last = i >= 500'000 - kMarkets;
          const char* type = last && i % 2 == 0 ? "settled" : "created";
          registry_->on_lifecycle(ticker, type, R"({"close_ts":2100000000})", false);
        }
      });
    }
  }
  std::set<std::string> active;
  for (int i = 1; i < kMarkets; i += 2) active.insert("M-" + std::to_string(i));
  EXPECT_TRUE(becomes_wanted(active));
  EXPECT_EQ(
      metrics_.counter("market_registry_lifecycle_events_total", "", {{"type", "created"}}).value(),
      1'000'000 - kMarkets);
}

TEST_F(RegistryTest, ThePauseIsReadFromA503AndNotAskedForInHaste) {
  ScriptedExchange exchange(
      {.rest =
           [&](const HttpRequest& request) {
             if (!asks_for(request, "/exchange/status")) return rest_of(request);
             return json(503, R"({"exchange_active":false,"trading_active":false,)"
                              R"("exchange_estimated_resume_time":"2020-01-01T00:00:00Z"})");
           },
       .on_text = {}});
  start(exchange);
  EXPECT_TRUE(eventually([&] { return registry_->exchange_paused(); }));
  EXPECT_EQ(metrics_.gauge("market_registry_exchange_active", "").value(), 0);
  const auto requests = exchange.requests();
  EXPECT_EQ(
      std::count_if(requests.begin(), requests.end(),
                    [](const auto& r) { return r.find("/exchange/status") != std::string::npos; }),
      1)
      << "a resume time in the past is no reason to ask again at once";
}

TEST_F(RegistryTest, AskedByRulesForOneSeriesOnly) {
  rules_ = *UniverseRules::parse({"series:KXBTC"}, {}, {"false"});
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (!asks_for(request, "status=open")) return rest_of(request);
                                   return json(200, page({"KXBTC-1-2", "KXETH-1-2"}));
                                 },
                             .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  EXPECT_THAT(wanted(), ElementsAre("KXBTC-1-2"));
  registry_->on_lifecycle("KXETH-3-4", "created", "{}", false);
  registry_->on_lifecycle("KXBTC-3-4", "created", "{}", false);
  EXPECT_TRUE(becomes_wanted({"KXBTC-1-2", "KXBTC-3-4"}));
  for (const auto& request : exchange.requests()) {
    if (request.find("status=") == std::string::npos) continue;
    EXPECT_THAT(request, AllOf(HasSubstr("series_ticker=KXBTC"), HasSubstr("mve_filter=exclude")));
  }
}

TEST_F(RegistryTest, ShowsALimitedListOfWhatItKnows) {
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("KXM-" + std::to_string(i));
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (!asks_for(request, "status=open&mve_filter=exclude"))
                                     return rest_of(request);
                                   return json(200, page(many));
                                 },
                             .on_text = {}});
  start(exchange);
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  const auto shown = [](const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find("\"ticker\""); at != std::string::npos;
         at = text.find("\"ticker\"", at + 1)) {
      ++count;
    }
    return count;
  };
  const auto some = registry_->debug(100, "");
  EXPECT_EQ(shown(some), 100U);
  EXPECT_THAT(some, HasSubstr(R"("markets":300,"open":300)"));
  EXPECT_THAT(some, HasSubstr(R"("by_phase":{"unopened":0,"open":300,"closed":0,"settled":0})"));
  EXPECT_EQ(shown(registry_->debug(1'000'000, "KXM-29")), 11U);
}

}  // namespace
}  // namespace kd
