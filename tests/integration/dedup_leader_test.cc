// A leader that is killed, stopped or cut off while rows flow: another one takes over, and nothing
// is lost or doubled.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "integration/dedup_world.h"
#include "support/cuttable_proxy.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

class DedupLeaderTest : public testing::Test {
 protected:
  ~DedupLeaderTest() override {
    stop_load();
    if (leader_ > 0) {
      ::kill(leader_, SIGKILL);
      ::waitpid(leader_, nullptr, 0);
    }
  }

  // A leader in a process of its own, and a standby in this one.
  void start(const Deduplicator::Options& leader) {
    fill(world_, 0, kChunk);
    rows_ = kChunk;
    leader_ = ::fork();
    if (leader_ == 0) {
      world_.start(leader);
      for (;;) ::pause();
    }
    DedupWorld::await([&] { return counts(world_) == expected_counts(kChunk); },
                      "the leader's first rows");
    world_.start();
    DedupWorld::await([&] { return world_.deduplicator().status().production_connected; },
                      "the standby's session");
    EXPECT_FALSE(world_.deduplicator().leads());
  }
  void start_load() {
    load_ = std::jthread([this] {
      while (!stop_) {
        fill(world_, rows_, kChunk);
        rows_ += kChunk;
      }
    });
  }
  void stop_load() {
    stop_ = true;
    if (load_.joinable()) load_.join();
  }
  // Reported, not asserted: what bounds it are the server's settings, not this machine's speed.
  void await_take_over() {
    const auto start = std::chrono::steady_clock::now();
    DedupWorld::await([&] { return world_.deduplicator().leads(); }, "the standby to lead");
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    RecordProperty("take_over_ms", static_cast<int>(took.count()));
    std::printf("take-over after %lld ms\n", static_cast<long long>(took.count()));
  }
  void expect_everything_once() {
    stop_load();
    world_.await_merged();
    EXPECT_EQ(counts(world_), expected_counts(rows_));
  }

  static constexpr int kChunk = 20;
  DedupWorld world_{shared_cluster(), 3};
  std::atomic<int> rows_{0};
  pid_t leader_ = -1;
  std::atomic<bool> stop_{false};
  std::jthread load_;
};

TEST_F(DedupLeaderTest, KilledUnderLoad) {
  start(world_.options());
  start_load();
  ::kill(leader_, SIGKILL);
  await_take_over();
  expect_everything_once();
}

TEST_F(DedupLeaderTest, StoppedUnderLoadAndContinuedLater) {
  start(world_.options());
  start_load();
  ::kill(leader_, SIGSTOP);
  await_take_over();
  ::kill(leader_, SIGCONT);
  const auto rows = rows_.load();
  DedupWorld::await([&] { return rows_ > rows + 5 * kChunk; }, "rows after its return");
  expect_everything_once();
  EXPECT_TRUE(world_.deduplicator().leads());
}

TEST_F(DedupLeaderTest, CutOffByTheNetwork) {
  CuttableProxy proxy(world_.options().production);
  auto options = world_.options();
  options.production = proxy.through(options.production);
  start(options);
  start_load();
  proxy.cut();
  await_take_over();
  expect_everything_once();
}

// The server knows no end of patience with a COPY whose client is silent: the standby ends it.
TEST_F(DedupLeaderTest, CutOffInTheMiddleOfACopy) {
  CuttableProxy proxy(world_.options().production);
  auto options = world_.options();
  options.production = proxy.through(options.production);
  start(options);
  constexpr int kRows = 20'000;
  proxy.cut_after(kRows * 50);
  for (int i = 0; i < kRows; ++i) {
    world_.gatherer(0).add({.stamp = kTestHour + (1'000'000 + i) * std::int64_t{1000}});
  }
  world_.gatherer(0).commit();
  DedupWorld::await([&] { return proxy.is_cut(); }, "the cut");
  EXPECT_EQ(world_.production("SELECT state FROM pg_stat_activity WHERE query LIKE 'COPY%' "
                              "AND datname = current_database()"),
            "active");
  await_take_over();
  world_.await_merged();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"),
            std::to_string(kChunk + kRows));
}

}  // namespace
}  // namespace kd
