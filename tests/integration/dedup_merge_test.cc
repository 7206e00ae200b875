// What production holds after a merge: identity, multiplicity, every table.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "integration/dedup_world.h"

namespace kd {
namespace {

constexpr std::int64_t kMs = 1000;
constexpr std::int64_t kDay = 86'400'000'000;

class DedupMergeTest : public testing::Test {
 protected:
  void commit_all() {
    for (std::size_t g = 0; g < world_.gatherers(); ++g) world_.gatherer(g).commit();
  }

  DedupWorld world_{shared_cluster(), 3};
};

TEST_F(DedupMergeTest, ThreeCopiesWithDifferentSeqAreOneRow) {
  world_.gatherer(1).add_ledger(kTestHour);  // shifts nothing but positions
  for (std::size_t g = 0; g < 3; ++g) {
    for (std::size_t i = 0; i < g; ++i) world_.gatherer(g).add({.change = -1});
    world_.gatherer(g).add({.change = 5});
  }
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas WHERE size_delta = 5"), "1");
}

TEST_F(DedupMergeTest, KeepsTheLargestMultiplicityOfAnyLine) {
  for (const std::size_t g : {0U, 2U}) {
    world_.gatherer(g).add({.occurrence = 0});
    world_.gatherer(g).add({.occurrence = 1});
  }
  world_.gatherer(1).add({.occurrence = 0});
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "2");
  EXPECT_EQ(world_.observer.duplicates, 3);
}

TEST_F(DedupMergeTest, EveryChangeOfOneMillisecondSurvivesOnce) {
  for (std::size_t g = 0; g < 3; ++g) {
    for (const auto change : {100, -100, 30}) world_.gatherer(g).add({.change = change});
  }
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT string_agg(size_delta::text, ' ' ORDER BY size_delta) "
                              "FROM orderbook_deltas"),
            "-100 30 100");
}

TEST_F(DedupMergeTest, ATradeWithTwoTimesIsOne) {
  const std::string id(16, 'a');
  world_.gatherer(0).add_trade(id, kTestHour);
  world_.gatherer(1).add_trade(id, kTestHour + 250);  // in the same round
  world_.gatherer(1).add_trade(std::string(16, 'b'), kTestHour);
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "2");
  world_.gatherer(2).add_trade(id, kTestHour + kDay - kMs);  // in another partition, later
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "2");
}

TEST_F(DedupMergeTest, ALifecycleEventOfThreeLinesIsOneAndItsRepetitionsAreCounted) {
  const auto later = kTestHour + 40'000'000;
  for (std::size_t g = 0; g < 3; ++g) {
    const auto skew = static_cast<std::int64_t>(g) * 900'000;
    world_.gatherer(g).add_lifecycle("KXA", "deactivated", R"({"x": 1, "y": 2})", kTestHour + skew);
    world_.gatherer(g).add_lifecycle("KXA", "activated", "{}", kTestHour + skew + 1);
    world_.gatherer(g).add_lifecycle("KXA", "deactivated", R"({"y": 2, "x": 1})",
                                     kTestHour + skew + 2);
    world_.gatherer(g).add_lifecycle("KXA", "deactivated", R"({"x": 1, "y": 2})", later + skew);
    world_.gatherer(g).commit();
    world_.sync();  // one line after the other, so that production must be asked
  }
  EXPECT_EQ(world_.production("SELECT count(*) FROM lifecycle_events"), "4");
  EXPECT_EQ(world_.production("SELECT count(*) FROM lifecycle_sightings"), "12");
}

TEST_F(DedupMergeTest, TheTwoSocketsOfAPairAreTwoLinesOfOneEvent) {
  for (std::size_t g = 0; g < 3; ++g) {
    for (const std::int64_t stream : {1, 2}) {
      world_.gatherer(g).add_lifecycle("KXA", "deactivated", "{}", kTestHour + stream, stream);
      world_.gatherer(g).add_lifecycle("KXA", "deactivated", "{}", kTestHour + stream + 5, stream);
    }
    world_.gatherer(g).commit();
    world_.sync();
  }
  EXPECT_EQ(world_.production("SELECT count(*) FROM lifecycle_events"), "2");
}

TEST_F(DedupMergeTest, EveryTableArrives) {
  for (std::size_t g = 0; g < 3; ++g) {
    auto& gatherer = world_.gatherer(g);
    gatherer.add({});
    gatherer.add_trade(std::string(16, 'a'), kTestHour);
    gatherer.add_ticker("KXA", kTestHour, 1);
    gatherer.add_ticker("KXA", kTestHour, 2);
    gatherer.add_snapshot("KXA", kTestHour, 0);
    gatherer.add_snapshot("KXA", kTestHour, 1);
    gatherer.add_lifecycle("KXA", "created", "{}", kTestHour);
    gatherer.add_ledger(kTestHour);
    gatherer.add_quarantine(kTestHour);
    gatherer.add_watermark(kTestHour, {1, 2}, {kTestHour, kTestHour + kMs});
  }
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM stream_proofs WHERE shard = '0/1'"), "6");
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM tickers"), "2");
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_snapshots"), "6");
  EXPECT_EQ(world_.production("SELECT count(*) FROM lifecycle_events"), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM ledger"), "3");
  EXPECT_EQ(world_.production("SELECT count(*) FROM quarantine"), "3");
  EXPECT_EQ(world_.production("SELECT count(DISTINCT gatherer) FROM orderbook_snapshots"), "3");
  EXPECT_EQ(world_.production("SELECT count(*) FROM sync_cursors WHERE position > 0"), "24");
}

TEST_F(DedupMergeTest, RowsWithAbsurdTimesAreKeptAsideOnce) {
  world_.gatherer(0).add({.stamp = 5});
  world_.gatherer(0).add({.stamp = kTestHour + 100 * 365 * kDay});
  world_.gatherer(0).add({});
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM quarantine WHERE gatherer = 'g1' AND "
                              "table_name = 'orderbook_deltas' AND reason LIKE 'time %'"),
            "2");
  EXPECT_EQ(world_.observer.quarantined, 2);
}

TEST_F(DedupMergeTest, APoisonRowIsQuarantinedAndItsNeighboursArrive) {
  ASSERT_EQ(world_.production("ALTER TABLE orderbook_deltas ADD CHECK (size_delta <> 666)"),
            "no row");
  for (int i = 0; i < 500; ++i) {
    for (std::size_t g = 0; g < 3; ++g) {
      world_.gatherer(g).add({.stamp = kTestHour + i * kMs, .change = i == 321 ? 666 : 1});
    }
  }
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "499");
  EXPECT_EQ(world_.production("SELECT count(*) FROM quarantine WHERE reason LIKE '%23514%'"), "1");
  EXPECT_EQ(world_.production("SELECT string_agg(concat_ws(' ', gatherer, channel, stream_id, "
                              "connection, from_ts - " +
                              std::to_string(kTestHour + 321 * kMs) +
                              ", to_ts - from_ts, count), ',' ORDER BY gatherer) "
                              "FROM ledger WHERE event = 'drop' AND reason = 'quarantined'"),
            "g1 orderbook_delta 0 -1 0 0 1,g2 orderbook_delta 0 -1 0 0 1,"
            "g3 orderbook_delta 0 -1 0 0 1")
      << "no line covers that instant";
  world_.gatherer(0).add({.stamp = kTestHour + 600 * kMs});
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "500");
}

TEST_F(DedupMergeTest, WhoHoldsTheLockOfTradesDelaysTheMergeAndLosesNothing) {
  auto other = shared_cluster().connect(world_.production_database());
  ASSERT_TRUE(other->begin());
  ASSERT_TRUE(
      other->exec("SELECT pg_advisory_xact_lock(hashtextextended('kalshi trades writer', 0))"));
  world_.gatherer(0).add_trade("0000000000000001", kTestHour);
  world_.gatherer(0).add({});
  commit_all();
  world_.start();
  DedupWorld::await(
      [&] {
        return world_.deduplicator().status().production_error.find("55P03") != std::string::npos;
      },
      "the round to give up waiting");
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "0");
  ASSERT_TRUE(other->commit());
  world_.await_merged();
  world_.stop();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "1");
}

TEST_F(DedupMergeTest, LinesOfDifferentResolutionAreOne) {
  for (int i = 0; i < 100; ++i) {
    const auto stamp = kTestHour + i * kMs;
    world_.gatherer(0).add({.stamp = stamp, .exchange_us = stamp + 137});
    world_.gatherer(1).add({.stamp = stamp});
    world_.gatherer(2).add({.stamp = stamp, .exchange_us = stamp + 137});
  }
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "100");
}

TEST_F(DedupMergeTest, OneLineIsEnoughWhenTheOthersAreNotThere) {
  fill(world_.gatherer(1), 0, 100);
  auto options = world_.options();
  options.gatherers[0].connect.host = "/nowhere";
  options.gatherers[2].connect.name = "no_such_database";
  world_.start(options);
  DedupWorld::await([&] { return counts(world_) == "100 100 100 100 100 100 100 99"; },
                    "everything of the one line");
  const auto status = world_.deduplicator().status();
  EXPECT_FALSE(status.gatherer_connected[0]);
  EXPECT_TRUE(status.gatherer_connected[1]);
  EXPECT_GT(world_.observer.gatherer_errors, 0);
}

TEST_F(DedupMergeTest, CursorsNeverSkipWhatIsCommittedWhileTheyMove) {
  auto options = world_.options();
  options.polling[table_index("orderbook_deltas")].batch_rows = 1'009;
  world_.start(options);
  constexpr int kRows = 450'000;  // over a million with what two and three lines saw
  std::vector<std::jthread> writers;
  for (std::size_t g = 0; g < 3; ++g) {
    writers.emplace_back([this, g] {
      std::mt19937 random(static_cast<unsigned>(g));
      for (int i = 0; i < kRows; ++i) {
        if (random() % 3 != 0 || i % 3 == static_cast<int>(g)) {
          world_.gatherer(g).add({.stamp = kTestHour + i / 4 % 3'600'000 * kMs, .change = i + 1});
        }
        if (random() % 300 == 0) world_.gatherer(g).commit();
      }
      world_.gatherer(g).commit();
    });
  }
  writers.clear();
  world_.await_merged();
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), std::to_string(kRows));
  EXPECT_EQ(world_.production("SELECT deadlocks FROM pg_stat_database WHERE datname = "
                              "current_database()"),
            "0");
}

}  // namespace
}  // namespace kd
