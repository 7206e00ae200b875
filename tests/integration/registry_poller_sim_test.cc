// Registry and poller together against the simulator, which refuses what is beyond its budget.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "app/sim_app.h"
#include "codec/copy_reader.h"
#include "market/market_registry.h"
#include "net/crypto.h"
#include "poller/snapshot_poller.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

class RegistryPollerSimTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_registry_sim_test_" + std::to_string(::getpid());
    std::filesystem::create_directories(dir_);
    ASSERT_TRUE(generate_rsa_key_pair(dir_ + "/key", dir_ + "/key.pem"));
    options_.listen = "127.0.0.1:0";
    options_.server.http.port = 0;
    options_.synthetic.markets = 700;
    options_.synthetic.rate = 10;
    options_.server.rest.read_tokens_per_second = 200;
    auto app = SimApp::create(options_, silent_logger());
    ASSERT_TRUE(app) << app.error().what;
    sim_ = *std::move(app);
    thread_ = std::thread([this] { EXPECT_TRUE(sim_->run()); });
  }
  void TearDown() override {
    poller_.reset();
    registry_.reset();
    client_.reset();
    sim_->stop();
    thread_.join();
    std::filesystem::remove_all(dir_);
  }
  void start() {
    auto key = SigningKey::load_pem(dir_ + "/key");
    ASSERT_TRUE(key);
    client_ = std::make_unique<RestClient>(
        RestClient::Options{
            .base_url = "http://127.0.0.1:" + std::to_string(sim_->port()) + "/trade-api/v2",
            .ca_file = {},
            .timeout = 10s,
            .max_retries = 3,
            .retry_backoff = 10ms,
            .tokens_per_second = 200,
            .bucket_capacity = 600},
        std::make_shared<Signer>("key-1", *std::move(key)), metrics_, silent_logger());
    poller_ = std::make_unique<SnapshotPoller>(
        SnapshotPoller::Options{
            .interval = 2s, .concurrency = 8, .request_timeout = 10s, .phase = 0},
        tickers_, *client_,
        SnapshotPoller::Hooks{
            .hand_over = [this](Table, RowBatch& rows) { keep(rows); },
            .quarantine = [](const std::string& why, std::string_view) { ADD_FAILURE() << why; }},
        metrics_, silent_logger());
    registry_ = std::make_unique<Registry>(
        Registry::Options{.reconcile_interval = 1s,
                          .status_interval = 1s,
                          .page_size = 100,
                          .read_share = 1,
                          .learn_budget = true,
                          .rules = {}},
        tickers_, *client_,
        Registry::Hooks{.wanted = [](const auto&) {},
                        .open =
                            [this](const MarketTable::Change& change) {
                              poller_->add(change.added);
                              poller_->remove(change.removed);
                            },
                        .refused = [](const Error& error) { ADD_FAILURE() << error.what; },
                        .heard = {}},
        metrics_, silent_logger());
    poller_->start();
    registry_->start();
  }
  void keep(const RowBatch& rows) {
    CopyReader reader(rows.bytes, 12);
    CopyRow row;
    const MutexLock lock(mutex_);
    while (reader.next(row)) polled_.emplace(row.bytes(3));
  }
  std::size_t polled() {
    const MutexLock lock(mutex_);
    return polled_.size();
  }

  std::string dir_;
  SimOptions options_;
  std::unique_ptr<SimApp> sim_;
  std::thread thread_;
  MetricsRegistry metrics_;
  Interner tickers_;
  Mutex mutex_;
  std::set<std::string> polled_ KD_GUARDED_BY(mutex_);
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<SnapshotPoller> poller_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryPollerSimTest, AllBooksAreReadWithinTheBudgetAndNothingIsRefused) {
  start();
  ASSERT_TRUE(eventually([&] { return registry_->walked_once(); }));
  EXPECT_GE(registry_->markets(), 700U);
  ASSERT_TRUE(eventually([&] { return polled() >= 700; }));
  // Walks every second and cycles every two want more than the budget has.
  auto& cycles = metrics_.counter("poller_snapshots_fetched_total", "");
  ASSERT_TRUE(eventually([&] { return cycles.value() >= 3'000; }));
  const auto text = metrics_.scrape();
  EXPECT_EQ(text.find("status=\"429\""), std::string::npos);
  EXPECT_NE(text.find("endpoint=\"/markets/orderbooks\",status=\"200\""), std::string::npos);
}

}  // namespace
}  // namespace kd
