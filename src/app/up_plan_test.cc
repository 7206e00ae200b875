#include "app/up_plan.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "config/loader.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

class UpPlanTest : public testing::Test {
 protected:
  UpPlanTest() : root_(fs::path(testing::TempDir()) / ("kd plan $\"#" + std::to_string(getpid()))) {
    layout_.directory = root_;
    layout_.clusters = root_ / "clusters";
    EXPECT_TRUE(make_directories(layout_));
  }
  ~UpPlanTest() override { fs::remove_all(root_); }

  UpPlan plan() const {
    return {options_,
            layout_,
            {.simulator = 7000, .gatherers = {7001, 7002, 7003}, .deduplicator = 7004},
            "/opt/kd"};
  }

  UpDatabase database() const { return {root_ / "clusters" / "x" / "pg", 5432, "kalshi_ts"}; }

  fs::path root_;
  UpLayout layout_;
  UpOptions options_;
};

TEST_F(UpPlanTest, TheDaemonsCanReadTheirFiles) {
  ASSERT_TRUE(secret_in(layout_.secret("gatherer-2", "gatherer")));
  const auto text = plan().gatherer_config(1, database());
  const auto config = parse_gatherer_config(text, "gatherer-2.yaml", process_environment());
  ASSERT_TRUE(config) << config.error().what << "\n" << text;
  EXPECT_EQ(config->gatherer_id, "gatherer-2");
  EXPECT_EQ(config->server.port, 7002);
  EXPECT_EQ(config->api.rest_url, "http://127.0.0.1:7000/trade-api/v2");
  EXPECT_EQ(config->api.private_key_file, layout_.private_key("gatherer-2").string());
  EXPECT_EQ(config->database.host, database().socket_directory.string());
  EXPECT_EQ(config->database.password.size(), 48U);
  EXPECT_EQ(config->connections.orderbook, 5);
}

TEST_F(UpPlanTest, AnOverrideWinsOverWhatIsGenerated) {
  ASSERT_TRUE(secret_in(layout_.secret("gatherer-1", "gatherer")));
  options_.connections = 150;
  options_.markets_per_sid = 5000;
  options_.gatherer_config = {{"connections.orderbook", "9"}, {"connections.dial_rate", "77"}};
  const auto config =
      parse_gatherer_config(plan().gatherer_config(0, database()), "g.yaml", process_environment());
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->connections.orderbook, 9);
  EXPECT_EQ(config->connections.dial_rate, 77);
  EXPECT_EQ(config->connections.ticker, 2);
  EXPECT_EQ(config->connections.markets_per_connection, 5000);
}

TEST_F(UpPlanTest, ARealExchangeIsReachedWithTheUsersKeyForAFewSeries) {
  options_.exchange = real_exchange("production");
  options_.exchange->key_id = "my key";
  options_.exchange->private_key_file = "/keys/mine.pem";
  options_.exchange->ca_file = "/ca.pem";
  options_.gatherers = 2;
  const std::string text = plan().gatherer_config(0, database());
  for (const char* line :
       {"rest_url: \"https://external-api.kalshi.com/trade-api/v2\"",
        "ws_url: \"wss://external-api-ws.kalshi.com/trade-api/ws/v2\"", "key_id: \"my key\"",
        "private_key_file: \"/keys/mine.pem\"", "ca_file: \"/ca.pem\"", "read_share: 0.3333",
        "include: [\"series:KXBTC15M\", \"series:KXHIGHNY\", \"series:KXCPIYOY\"]"}) {
    EXPECT_THAT(text, testing::HasSubstr(line));
  }
}

TEST_F(UpPlanTest, TheSimulatorGetsFurtherArguments) {
  options_.markets = 1'000'000;
  options_.simulator_arguments = {"--fault", "reset,count=1"};
  const auto command = plan().simulator(42).command;
  EXPECT_THAT(command, IsSupersetOf({"--markets-per-sid", "7500", "--start-timeout", "2120s",
                                     "--fault", "reset,count=1"}));
}

TEST_F(UpPlanTest, TheDeduplicatorKnowsEveryGatherer) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(secret_in(layout_.secret(gatherer_name(i), "dedup_reader")));
  }
  ASSERT_TRUE(secret_in(layout_.secret(kProductionCluster, "deduplicator")));
  const auto text = plan().deduplicator_config({database(), database(), database()}, database());
  const auto config = parse_deduplicator_config(text, "d.yaml", process_environment());
  ASSERT_TRUE(config) << config.error().what << "\n" << text;
  ASSERT_EQ(config->gatherers.size(), 3U);
  EXPECT_EQ(config->gatherers[2].id, "gatherer-3");
  EXPECT_EQ(config->gatherers[2].database.user, "dedup_reader");
  EXPECT_EQ(config->production.user, "deduplicator");
  EXPECT_EQ(config->api.key_id, "deduplicator");
}

TEST_F(UpPlanTest, ASyntheticRunWithoutEndHasNoTruth) {
  const auto command = plan().simulator(42).command;
  EXPECT_EQ(command[0], "/opt/kd/exchange-sim");
  EXPECT_THAT(command, IsSupersetOf({"--markets", "200", "--rate", "1000", "--seed", "42"}));
  EXPECT_THAT(command, Not(Contains("--truth")));
  EXPECT_THAT(command, Not(Contains("--for")));
}

TEST_F(UpPlanTest, ARunForAWhileHasAnEndAndATruth) {
  options_.duration = std::chrono::seconds(90);
  const auto command = plan().simulator(42).command;
  EXPECT_THAT(command, IsSupersetOf({std::string("--for"), std::string("90s"),
                                     std::string("--truth"), layout_.truth().string()}));
}

TEST_F(UpPlanTest, AReplayHasNoSyntheticWorld) {
  options_.replay = "/recordings";
  options_.speed = "max";
  const auto command = plan().simulator(42).command;
  EXPECT_THAT(command, IsSupersetOf({"--replay", "/recordings", "--speed", "max", "--stamps", "ms",
                                     "--truth", "--expect-clients", "3"}));
  EXPECT_THAT(command, Not(Contains("--rate")));
}

}  // namespace
}  // namespace kd
