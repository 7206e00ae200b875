// Discovery and sessions against an exchange that misbehaves on command, over real sockets.
#include <gmock/gmock.h>

#include "connection/pool.h"
#include "market/discovery.h"
#include "support/eventually.h"
#include "support/scripted_exchange.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

HttpResponse json(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

std::string page(const std::string& ticker, const std::string& cursor) {
  return R"({"markets":[{"ticker":")" + ticker +
         R"(","event_ticker":"E","status":"active","open_time":"2026-11-22T00:00:00Z",)"
         R"("close_time":"2036-11-22T00:00:00Z"}],"cursor":")" +
         cursor + "\"}";
}

class DiscoveryTest : public testing::Test {
 protected:
  void discover(const ScriptedExchange& exchange) { discover(exchange.rest_url(), 3); }
  void discover(const std::string& url, int max_retries) {
    client_ = std::make_unique<RestClient>(RestClient::Options{.base_url = url,
                                                               .ca_file = {},
                                                               .timeout = 10s,
                                                               .max_retries = max_retries,
                                                               .retry_backoff = 1ms,
                                                               .tokens_per_second = 1e6,
                                                               .bucket_capacity = 1e6},
                                           nullptr, metrics_, silent_logger());
    discovery_ = std::make_unique<Discovery>(
        Discovery::Options{
            .reconcile_interval = 1h, .page_size = 1000, .read_share = 1, .learn_budget = false},
        *client_,
        [this](const MarketRegistry::Change& change) {
          const MutexLock lock(mutex_);
          added_.insert(added_.end(), change.added.begin(), change.added.end());
        },
        [this](const Error&) { ++refused_; }, metrics_, silent_logger());
    discovery_->start();
  }
  std::vector<std::string> added() {
    const MutexLock lock(mutex_);
    return added_;
  }

  MetricsRegistry metrics_;
  Mutex mutex_;
  std::vector<std::string> added_ KD_GUARDED_BY(mutex_);
  std::atomic<int> refused_{0};
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<Discovery> discovery_;
};

TEST_F(DiscoveryTest, PagesToTheEmptyCursorAndPublishesEachPageBeforeTheNext) {
  std::vector<std::size_t> known_at_page;
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (request.target.find("status=unopened") !=
                                       std::string::npos) {
                                     return json(200, R"({"markets":[],"cursor":""})");
                                   }
                                   known_at_page.push_back(added().size());
                                   if (request.target.find("cursor=b%2B%3D") != std::string::npos) {
                                     return json(200, page("C", ""));
                                   }
                                   if (request.target.find("cursor=a") != std::string::npos) {
                                     return json(200, page("B", "b+="));
                                   }
                                   return json(200, page("A", "a"));
                                 },
                             .on_text = {}});
  discover(exchange);
  ASSERT_TRUE(eventually([&] { return discovery_->walked_once(); }));
  EXPECT_THAT(added(), ElementsAre("A", "B", "C"));
  EXPECT_THAT(known_at_page, ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(exchange.requests(),
              ElementsAre("GET /trade-api/v2/markets?limit=1000&status=open",
                          "GET /trade-api/v2/markets?limit=1000&status=open&cursor=a",
                          "GET /trade-api/v2/markets?limit=1000&status=open&cursor=b%2B%3D",
                          "GET /trade-api/v2/markets?limit=1000&status=unopened"));
}

TEST_F(DiscoveryTest, TriesAgainWhatMaySucceed) {
  std::atomic<int> calls{0};
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest&) {
                                   const int call = calls++;
                                   if (call == 0)
                                     return json(429, R"({"error":"too many requests"})");
                                   if (call == 1)
                                     return HttpResponse{
                                         502, "text/html", "<html>bad gateway</html>", {}};
                                   return json(200, page("A", ""));
                                 },
                             .on_text = {}});
  discover(exchange);
  ASSERT_TRUE(eventually([&] { return discovery_->walked_once(); }));
  EXPECT_THAT(added(), Contains("A"));
}

TEST_F(DiscoveryTest, RefusedCredentialsEndItWithoutAStorm) {
  ScriptedExchange exchange(
      {.rest = [](const HttpRequest&) { return json(401, R"({"error":{"message":"no"}})"); },
       .on_text = {}});
  discover(exchange);
  ASSERT_TRUE(eventually([&] { return refused_ == 1; }));
  discovery_.reset();
  EXPECT_EQ(exchange.requests().size(), 1U);
}

TEST_F(DiscoveryTest, AnExchangeThatCannotBeReachedAtTheStartIsSaid) {
  std::string nobody_listens;
  {
    const ScriptedExchange gone({.rest = {}, .on_text = {}});
    nobody_listens = gone.rest_url();
  }
  discover(nobody_listens, 1);
  EXPECT_TRUE(eventually([&] { return refused_ == 1; }));
}

class PoolTest : public testing::Test {
 protected:
  PoolTest() {
    hooks_.credentials = [] { return std::vector<std::pair<std::string, std::string>>{}; };
    hooks_.dial_delay = [] { return 0ms; };
    hooks_.on_frame = [this](std::int32_t, std::string_view text, Micros) {
      return text == "gap" ? ControlEvent{.kind = ControlEvent::Kind::kGap,
                                          .id = {},
                                          .sid = 1,
                                          .channel = {},
                                          .code = 0,
                                          .names_markets = false,
                                          .text = {}}
                           : reply_;
    };
    hooks_.on_closed = [this](std::int32_t, Micros, std::string_view reason) {
      const MutexLock lock(mutex_);
      reasons_.emplace_back(reason);
    };
    hooks_.on_joined = [this](std::int32_t, std::int64_t, Micros,
                              std::span<const std::string_view> tickers) {
      joined_ += tickers.size();
    };
    hooks_.on_left = [](std::int32_t, std::int64_t, Micros, std::span<const std::string_view>) {};
    hooks_.on_full = [](std::int32_t, std::span<const std::string>) {};
    hooks_.on_open = [] {};
    hooks_.on_unreachable = [this](const std::string&) { ++unreachable_; };
    hooks_.on_refused = [this](const std::string&) { ++refused_; };
  }
  ~PoolTest() override {
    if (pool_ == nullptr) return;
    pool_->stop();
    EXPECT_TRUE(eventually([&] { return pool_->all_closed(); }));
    loop_.stop();
    thread_.join();
  }

  void connect(ScriptedExchange& exchange) {
    ConnectionPool::Options options{.ticker = 0,
                                    .trade = 0,
                                    .lifecycle = 0,
                                    .orderbook = 1,
                                    .markets_per_connection = 100,
                                    .seed = "g1",
                                    .session = {}};
    options.session.socket.url = exchange.ws_url();
    options.session.backoff = {.initial = 1ms, .max = 5ms};
    options.session.commands_per_second = 1'000;
    const ConnectionPool::Lane lanes[] = {{loop_, hooks_}};
    pool_ = std::make_unique<ConnectionPool>(options, lanes, metrics_, silent_logger());
    thread_ = std::jthread([this] { loop_.run(); });
    pool_->start();
  }
  std::vector<std::string> reasons() {
    const MutexLock lock(mutex_);
    return reasons_;
  }

  MetricsRegistry metrics_;
  EventLoop loop_;
  SessionHooks hooks_;
  ControlEvent reply_;
  Mutex mutex_;
  std::vector<std::string> reasons_ KD_GUARDED_BY(mutex_);
  std::atomic<std::size_t> joined_{0};
  std::atomic<int> refused_{0};
  std::atomic<int> unreachable_{0};
  std::unique_ptr<ConnectionPool> pool_;
  std::jthread thread_;
};

TEST_F(PoolTest, ARefusedUpgradeForCredentialsIsNotTriedAgain) {
  ScriptedExchange exchange({.rest = {}, .upgrade_status = 401, .on_text = {}});
  connect(exchange);
  ASSERT_TRUE(eventually([&] { return refused_ == 1; }));
  EXPECT_EQ(exchange.upgrades(), 1U);
}

TEST_F(PoolTest, AnyOtherRefusalIsTriedAgainWithBackoff) {
  ScriptedExchange exchange({.rest = {}, .upgrade_status = 429, .on_text = {}});
  connect(exchange);
  EXPECT_TRUE(eventually([&] { return exchange.upgrades() >= 3; }));
  EXPECT_EQ(refused_, 0);
  EXPECT_TRUE(eventually([&] { return unreachable_ >= 2; })) << "and said";
}

TEST_F(PoolTest, WantedMarketsAreSubscribedAndReportedAsJoined) {
  reply_.kind = ControlEvent::Kind::kSubscribed;
  reply_.id = 1;
  reply_.sid = 1;
  ScriptedExchange exchange(
      {.rest = {}, .on_text = [](ScriptedExchange::Socket& socket, std::string_view) {
         socket.peer->send("answer");
       }});
  connect(exchange);
  const std::string tickers[] = {"A", "B"};
  pool_->want(tickers);
  EXPECT_TRUE(eventually([&] { return joined_ == 2; }));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == 2; }));
}

TEST_F(PoolTest, AGapMakesTheConnectionStartOver) {
  ScriptedExchange exchange(
      {.rest = {}, .on_text = [](ScriptedExchange::Socket& socket, std::string_view) {
         socket.peer->send("gap");
       }});
  connect(exchange);
  const std::string tickers[] = {"A"};
  pool_->want(tickers);
  ASSERT_TRUE(eventually([&] { return exchange.upgrades() >= 2; }));
  EXPECT_THAT(reasons(), Contains(HasSubstr("sequence gap")));
}

}  // namespace
}  // namespace kd
