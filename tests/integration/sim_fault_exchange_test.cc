#include <gmock/gmock.h>

#include "sim_world.h"
#include "support/eventually.h"

namespace kd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using End = RawClient::End;

// Faults of attempts to connect, of REST and of the whole exchange.
class SimFaultExchangeTest : public SimWorld {
 protected:
  std::unique_ptr<Watcher> watcher() {
    auto made = std::make_unique<Watcher>(port(), "g-1");
    made->subscribe(tickers());
    EXPECT_TRUE(made->read_until([&] { return made->deltas.size() > 20; }));
    return made;
  }
};

TEST_F(SimFaultExchangeTest, AttemptsToConnectAreRefusedOrLeftWaiting) {
  start();
  for (const int status : {401, 429, 503}) {
    order("refuse,count=1,status=" + std::to_string(status));
    EXPECT_EQ(Watcher(port(), "g-1").upgrade_status, status);
  }
  order("refuse,count=1,status=0");
  Watcher hung_up(port(), "g-1");
  EXPECT_EQ(hung_up.upgrade_status, 0);
  EXPECT_EQ(hung_up.client.end(), End::kReset);
  end_faults();
  order("slow-accept,by=1h,count=1");
  RawClient waiting(port());
  waiting.ask_upgrade("g-1");
  ASSERT_TRUE(eventually([&] { return struck(1); }));
  EXPECT_EQ(Watcher(port(), "g-1").upgrade_status, 101) << "others are not kept waiting";
  EXPECT_FALSE(waiting.next(std::chrono::milliseconds(0)));
  order("slow-accept,by=1ms");
  EXPECT_EQ(Watcher(port(), "g-1").upgrade_status, 101);
}

TEST_F(SimFaultExchangeTest, RestFailsInEveryShape) {
  start();
  const auto ask = [&](const std::string& fault, const char* path = "/trade-api/v2/markets") {
    order(fault);
    RawClient client(port());
    return client.request("GET", path);
  };
  const auto storm = ask("rest,status=429,count=1");
  EXPECT_EQ(storm.status, 429);
  EXPECT_EQ(storm.body, R"({"error":"too many requests"})");
  const auto html = ask("rest,status=502,how=html,count=1");
  EXPECT_EQ(html.status, 502);
  EXPECT_THAT(html.head, HasSubstr("text/html"));
  const auto status = ask("rest,status=503,how=status,count=1", "/trade-api/v2/exchange/status");
  EXPECT_EQ(status.status, 503);
  EXPECT_THAT(status.body, HasSubstr("\"exchange_active\":true"));
  EXPECT_EQ(ask("rest,status=504,how=empty,count=1").body, "");
  EXPECT_EQ(ask("rest,status=500,path=/trade-api/v2/events").status, 200) << "another path";
  EXPECT_EQ(ask("rest,status=500,count=1").status, 500);
}

TEST_F(SimFaultExchangeTest, MaintenanceShowsInRestAndCutsConnections) {
  start();
  const auto cut = watcher();
  order("maintenance,for=1h");
  while (cut->read_one()) {
  }
  EXPECT_EQ(cut->client.close_code(), 1001);
  EXPECT_THAT(get("/trade-api/v2/exchange/status"),
              AllOf(HasSubstr("\"exchange_active\":false"), HasSubstr("\"trading_active\":false"),
                    Not(HasSubstr("\"exchange_active\":true"))));
  EXPECT_THAT(get("/trade-api/v2/exchange/schedule"), HasSubstr("\"start_datetime\":"));
  const std::string before = get("/sim/status");
  end_faults();
  EXPECT_THAT(get("/trade-api/v2/exchange/status"), Not(HasSubstr("\"exchange_active\":false")));
  EXPECT_GT(watcher()->deltas.size(), 0U) << "trading goes on";
}

TEST_F(SimFaultExchangeTest, OneShardMayHaltAlone) {
  start();
  const auto spared = watcher();
  order("maintenance,shard=1,how=trading");
  const std::string status = get("/trade-api/v2/exchange/status");
  EXPECT_THAT(status, testing::StartsWith(R"({"exchange_active":true,"trading_active":true)"));
  EXPECT_THAT(status, HasSubstr("\"trading_active\":false"));
  EXPECT_TRUE(spared->catch_up());
}

TEST_F(SimFaultExchangeTest, AVanishedMarketIsInNoListAndComesBack) {
  start();
  const auto all = tickers();
  order("vanish,market=" + all[2]);
  EXPECT_THAT(tickers(), AllOf(testing::SizeIs(4), Not(testing::Contains(all[2]))));
  EXPECT_EQ(RawClient(port()).request("GET", "/trade-api/v2/markets/" + all[2]).status, 404);
  end_faults();
  EXPECT_THAT(tickers(), testing::SizeIs(5));
  order("vanish,count=3");
  EXPECT_THAT(tickers(), testing::SizeIs(2));
  EXPECT_EQ(strikes(), 3);
}

TEST_F(SimFaultExchangeTest, TheExchangesClockMayBeWrongButNeverGoesBack) {
  start();
  const auto clock = [&] {
    const std::string status = get("/sim/status");
    return std::stoll(status.substr(status.find("\"clock_ms\":") + 11));
  };
  const auto before = clock();
  order("clock-skew,by=1h");
  const auto ahead = clock();
  EXPECT_GE(ahead, before + 3'600'000);
  end_faults();
  EXPECT_GE(clock(), ahead) << "it waits until it is right";
}

TEST_F(SimFaultExchangeTest, FaultsOfTheCommandLineHoldFromTheStart) {
  options_.server.faults.push_back(*sim::parse_fault("refuse,status=503,count=1"));
  options_.server.faults.push_back(*sim::parse_fault("cut,after=1ms"));
  options_.expect_clients = 1;
  start();
  ASSERT_TRUE(eventually([&] { return get("/sim/faults").find("holds") != std::string::npos; }));
  EXPECT_EQ(Watcher(port(), "g-1").upgrade_status, 503);
  Watcher watcher(port(), "g-1");
  EXPECT_EQ(watcher.upgrade_status, 101);
  EXPECT_EQ(get("/sim/faults").find("cut"), std::string::npos) << "play has not begun";
  watcher.subscribe(tickers());
  while (watcher.read_one()) {
  }
  EXPECT_EQ(watcher.client.end(), End::kClosed) << "the cut, once it had";
}

}  // namespace
}  // namespace kd
