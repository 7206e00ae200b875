// Several deduplicators that share the markets of the same gatherers.
#include <gtest/gtest.h>

#include "integration/dedup_world.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1000;

class DedupShardTest : public testing::Test {
 protected:
  Deduplicator::Options shard(int index, int count) const {
    auto options = world_.options();
    options.shard = {.index = index, .count = count};
    options.ack_interval = 10ms;
    for (auto& table : options.polling) table.batch_rows = 50;
    return options;
  }
  std::string gatherer(std::size_t g, const std::string& sql) {
    return scalar(*shared_cluster().connect(world_.gatherer(g).database()), sql);
  }

  DedupWorld world_{shared_cluster(), 2};
};

TEST_F(DedupShardTest, TogetherTheyBringEveryRowOnce) {
  constexpr int kRows = 600;
  for (std::size_t g = 0; g < 2; ++g) {
    auto& gatherer = world_.gatherer(g);
    for (int i = 0; i < kRows; ++i) {
      const auto stamp = kTestHour + i * kMs;
      const auto ticker = "KX-" + std::to_string(i % 37);
      gatherer.add({.stamp = stamp, .ticker = ticker});
      gatherer.add_ticker(ticker, stamp, i);
      gatherer.add_ledger(stamp);
      gatherer.add_quarantine(stamp);
    }
    gatherer.add_watermark(kTestHour, {1}, {kTestHour + 1});
    gatherer.commit();
  }
  CountingObserver observer;
  Deduplicator second(shard(1, 2), observer, {std::make_shared<Lines>(), "2"});
  second.start();
  world_.start(shard(0, 2));
  world_.await_merged();
  DedupWorld::await([&] { return world_.production("SELECT count(*) FROM stream_proofs") == "4"; },
                    "the proofs of both");
  EXPECT_TRUE(second.status().leader);
  EXPECT_TRUE(world_.deduplicator().status().leader);
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), std::to_string(kRows));
  EXPECT_EQ(world_.production("SELECT count(*) FROM tickers"), std::to_string(kRows));
  EXPECT_EQ(world_.production("SELECT count(*) FROM ledger"), std::to_string(2 * kRows));
  EXPECT_EQ(world_.production("SELECT count(*) FROM quarantine"), std::to_string(2 * kRows));
  EXPECT_EQ(world_.production("SELECT count(DISTINCT shard) FROM sync_cursors"), "2");
  EXPECT_EQ(world_.production("SELECT deadlocks FROM pg_stat_database WHERE datname = "
                              "current_database()"),
            "0");
  DedupWorld::await(
      [&] {
        return gatherer(0,
                        "SELECT count(*) FROM sync_acks WHERE consumer LIKE '%/_/2' AND "
                        "table_name = 'orderbook_deltas' AND position = (SELECT max(position) "
                        "FROM orderbook_deltas)") == "2";
      },
      "the acknowledgements of both");
  second.stop();
  EXPECT_GT(observer.written, 0);
}

TEST_F(DedupShardTest, RowsOfOtherShardsAreLookedAtOnce) {
  const auto other = gatherer(0,
                              "SELECT 'KX-' || i FROM generate_series(1, 99) i "
                              "WHERE kd_shard('KX-' || i, 2) = 1 LIMIT 1");
  for (int i = 0; i < 500; ++i) {
    world_.gatherer(0).add({.stamp = kTestHour + i * kMs, .ticker = other});
  }
  world_.gatherer(0).commit();
  world_.start(shard(0, 2));
  world_.await_merged();
  world_.stop();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "0");
  EXPECT_EQ(world_.production("SELECT position FROM sync_cursors WHERE gatherer = 'g1' AND "
                              "table_name = 'orderbook_deltas' AND shard = '0/2'"),
            gatherer(0, "SELECT max(position) FROM orderbook_deltas"));
  world_.start(shard(0, 2));
  world_.await_merged();
  EXPECT_EQ(world_.observer.rewinds, 0) << "the cursor names a row of another shard";
}

}  // namespace
}  // namespace kd
