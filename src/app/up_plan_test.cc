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
