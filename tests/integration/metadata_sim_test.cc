// Metadata of a simulated exchange that goes on living, combos included.
#include <gmock/gmock.h>

#include <thread>

#include "app/sim_app.h"
#include "integration/metadata_world.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

class MetadataSimTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.listen = "127.0.0.1:0";
    options_.server.http.port = 0;
    options_.synthetic.markets = 2'500;
    options_.synthetic.rate = 200;
    options_.synthetic.churn_markets = 600;
    options_.synthetic.combos_per_minute = 600;
    auto app = SimApp::create(options_, silent_logger());
    ASSERT_TRUE(app) << app.error().what;
    sim_ = *std::move(app);
    thread_ = std::thread([this] { EXPECT_TRUE(sim_->run()); });
    database_ = shared_cluster().make_database("metadata", SchemaKind::kProduction);
  }
  void TearDown() override {
    sync_.reset();
    client_.reset();
    sim_->stop();
    thread_.join();
  }
  void start() {
    client_ = std::make_unique<RestClient>(
        RestClient::Options{
            .base_url = "http://127.0.0.1:" + std::to_string(sim_->port()) + "/trade-api/v2",
            .ca_file = {},
            .timeout = 10s,
            .max_retries = 3,
            .retry_backoff = 10ms,
            .tokens_per_second = 1e6,
            .bucket_capacity = 1e6},
        nullptr, metrics_, silent_logger());
    sync_ = std::make_unique<MetadataSync>(
        MetadataSync::Options{.production = shared_cluster().options(database_, "deduplicator"),
                              .interval = 500ms,
                              .full_interval = 3s,
                              .pages = {},
                              .leads = [] { return true; }},
        *client_, metrics_, silent_logger());
    sync_->start();
  }
  std::string sql(const std::string& statement) {
    return scalar(*shared_cluster().connect(database_), statement);
  }

  SimOptions options_;
  std::unique_ptr<SimApp> sim_;
  std::thread thread_;
  MetricsRegistry metrics_;
  std::string database_;
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<MetadataSync> sync_;
};

TEST_F(MetadataSimTest, FollowsALivingExchange) {
  start();
  ASSERT_TRUE(eventually([&] { return std::stoi(sql("SELECT count(*) FROM markets")) >= 2'500; }));
  EXPECT_TRUE(eventually([&] {
    return std::stoi(sql("SELECT count(*) FROM markets WHERE mve_selected_legs IS NOT NULL")) > 0;
  })) << "combos";
  EXPECT_TRUE(eventually([&] {
    return std::stoi(sql("SELECT count(DISTINCT ticker) FROM market_versions "
                         "WHERE phase = 'closed'")) > 0 &&
           std::stoi(sql("SELECT count(*) FROM market_versions WHERE phase = 'settled'")) > 0;
  })) << "markets that close and settle";
  sync_->stop();
  EXPECT_EQ(sql("SELECT count(*) FROM quarantine"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM markets WHERE extra IS NOT NULL OR extra_latest IS NOT NULL"),
            "0")
      << "every field has its column";
  EXPECT_EQ(sql("SELECT count(*) FROM (SELECT lag(v.content) OVER (PARTITION BY v.ticker "
                "ORDER BY v.seen_at) = v.content AS same FROM (SELECT ticker, seen_at, "
                "to_jsonb(m) - 'seen_at' AS content FROM market_versions m) v) w WHERE same"),
            "0")
      << "each version differs from the one before";
}

}  // namespace
}  // namespace kd
