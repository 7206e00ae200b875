#include "app/up_subscribed.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;

UpSample sample(int second, int markets, int sockets, int ready, double cpu_seconds) {
  UpSample at;
  at.at = std::chrono::seconds(second);
  at.simulator.emplace();
  at.simulator->ready_clients = ready;
  at.gatherers["gatherer-1"] = *Exposition::parse(
      "market_registry_markets_total " + std::to_string(markets) +
      "\nconn_manager_connections_healthy{role=\"orderbook\"} " + std::to_string(sockets) +
      "\nrouter_messages_received_total{type=\"orderbook_snapshot\"} 90\n" +
      "router_messages_received_total{type=\"trade\"} 10\n");
  at.usage["gatherer-1"] = {cpu_seconds, 100 << 20};
  return at;
}

SubscribeProgress progress() {
  return SubscribeProgress({.gatherers = 1, .markets = 1000, .connections = 8, .cores = 2});
}

TEST(SubscribeProgressTest, TellsEachPhaseAndIsToldOnce) {
  auto watch = progress();
  EXPECT_FALSE(watch.note(sample(1, 0, 0, 0, 0)));
  EXPECT_FALSE(watch.note(sample(2, 500, 8, 0, 0.1)));
  EXPECT_FALSE(watch.note(sample(4, 1000, 8, 0, 0.2)));
  EXPECT_TRUE(watch.note(sample(10, 1000, 8, 1, 0.3)));
  EXPECT_FALSE(watch.note(sample(11, 1000, 8, 1, 0.3)));
  const auto& told = *watch.outcome();
  EXPECT_DOUBLE_EQ(told.seconds, 10);
  EXPECT_DOUBLE_EQ(*told.connected_seconds, 2);
  EXPECT_DOUBLE_EQ(*told.listed_seconds, 4);
  EXPECT_EQ(told.snapshots, 90);
  EXPECT_EQ(told.messages, 100);
  EXPECT_THAT(told.bounded_by, HasSubstr("subscribe commands"));
  EXPECT_THAT(subscribed_json(told), HasSubstr(R"("gatherer_peak_rss_bytes":104857600)"));
}

TEST(SubscribeProgressTest, NamesWhatCameLast) {
  auto listing = progress();
  EXPECT_FALSE(listing.note(sample(1, 0, 8, 0, 0)));
  EXPECT_FALSE(listing.note(sample(9, 1000, 8, 0, 0)));
  EXPECT_TRUE(listing.note(sample(10, 1000, 8, 1, 0)));
  EXPECT_THAT(listing.outcome()->bounded_by, HasSubstr("list of markets"));
  auto dialing = progress();
  EXPECT_FALSE(dialing.note(sample(1, 1000, 0, 0, 0)));
  EXPECT_FALSE(dialing.note(sample(9, 1000, 8, 0, 0)));
  EXPECT_TRUE(dialing.note(sample(10, 1000, 8, 1, 0)));
  EXPECT_THAT(dialing.outcome()->bounded_by, HasSubstr("dial rate"));
}

TEST(SubscribeProgressTest, ABusyMachineIsTheBound) {
  auto watch = progress();
  watch.begin({{"gatherer-1", {1, 0}}});
  EXPECT_FALSE(watch.note(sample(1, 0, 0, 0, 1)));
  EXPECT_TRUE(watch.note(sample(10, 1000, 8, 1, 19)));
  EXPECT_THAT(watch.outcome()->bounded_by,
              HasSubstr("the 2 cores of this machine (of one core: gatherer-1 180 %)"));
}

}  // namespace
}  // namespace kd
