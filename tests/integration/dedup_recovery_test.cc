// What survives kills, restarts and rebuilt databases.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "integration/dedup_world.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1000;

// Runs a deduplicator in a process of its own that is killed at its `nth` arrival at `step`.
// True if it got there before it had merged everything.
bool killed_at(DedupWorld& world, const std::string& step, int nth) {
  auto options = world.options();
  options.polling[table_index("orderbook_deltas")].batch_rows = 20;
  const pid_t child = ::fork();
  if (child == 0) {
    int left = nth;
    options.at_step = [&](std::string_view at) {
      if (at == step && --left == 0) ::kill(::getpid(), SIGKILL);
    };
    world.start(options);
    world.await_merged();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(DedupRecoveryTest, KilledAtAnyStepItLosesAndDoublesNothing) {
  DedupWorld world(shared_cluster(), 3);
  int rows = 0;
  for (const auto* step : {"merged", "partitions", "begun", "direct", "staged", "proofs", "frozen",
                           "cursors", "committed"}) {
    for (const int nth : {1, 3}) {
      fill(world, rows, 50);
      rows += 50;
      EXPECT_TRUE(killed_at(world, step, nth)) << step << " " << nth;
      world.sync();
      ASSERT_EQ(counts(world), expected_counts(rows)) << step << " " << nth;
    }
  }
}

TEST(DedupRecoveryTest, ResumesFromItsCursorsAndReadsNothingTwice) {
  DedupWorld world(shared_cluster(), 3);
  fill(world, 0, 20);
  world.sync();
  world.observer.duplicates = 0;
  world.observer.written = 0;
  world.sync();
  EXPECT_EQ(world.observer.written, 0);
  EXPECT_EQ(world.observer.duplicates, 0);
  EXPECT_EQ(world.observer.rewinds, 0);
}

TEST(DedupRecoveryTest, ARebuiltGathererIsReadFromItsOldestRow) {
  DedupWorld world(shared_cluster(), 3);
  fill(world, 0, 20);
  world.sync();
  world.gatherer(1).rebuild();
  fill(world.gatherer(0), 20, 5);
  fill(world.gatherer(1), 20, 10);
  world.sync();
  EXPECT_GT(world.observer.rewinds, 0);
  EXPECT_EQ(world.production("SELECT count(*) FROM orderbook_deltas"), "30");
  EXPECT_EQ(world.production("SELECT count(*) FROM trades"), "30");
  EXPECT_EQ(world.production("SELECT count(*) FROM tickers"), "30");
  EXPECT_EQ(world.production("SELECT count(*) FROM lifecycle_events"), "30");
}

TEST(DedupRecoveryTest, AGathererRestoredFromAnOlderBackupIsReadFromItsOldestRow) {
  DedupWorld world(shared_cluster(), 3);
  fill(world, 0, 20);
  const auto backup = world.gatherer(0).backup();
  fill(world, 20, 20);
  world.sync();
  world.gatherer(0).restore(backup);
  fill(world, 40, 10);
  world.sync();
  EXPECT_EQ(world.observer.rewinds, static_cast<int>(kTableCount));
  EXPECT_EQ(counts(world), expected_counts(50));
}

TEST(DedupRecoveryTest, AllThatHappenedWhileProductionWasAwayArrives) {
  PgCluster own;
  DedupWorld world(shared_cluster(), own, 3);
  fill(world, 0, 20);
  world.start();
  world.await_merged();
  own.server().kill();
  DedupWorld::await([&] { return !world.deduplicator().status().production_connected; },
                    "the outage to be noticed");
  for (int minute = 0; minute < 10; ++minute) fill(world, 20 + minute * 30, 30);
  const auto deltas = table_index("orderbook_deltas");
  DedupWorld::await(
      [&] { return world.deduplicator().status().sync[0][deltas].rows_behind >= 300; },
      "what waits to be measured");
  EXPECT_EQ(world.deduplicator().settled_until_us(), std::nullopt);
  ASSERT_TRUE(own.server().start());
  world.await_merged();
  EXPECT_EQ(counts(world), expected_counts(320));
}

TEST(DedupRecoveryTest, ProductionKilledInTheMiddleChangesNothing) {
  PgCluster own;  // the other tests' cluster must not be killed
  DedupWorld world(own, 3);
  fill(world, 0, 200);
  auto options = world.options();
  options.polling[table_index("orderbook_deltas")].batch_rows = 10;
  world.start(options);
  DedupWorld::await([&] { return world.observer.rounds > 3; }, "some rounds");
  own.server().kill();
  DedupWorld::await([&] { return !world.deduplicator().status().production_connected; },
                    "the outage to be noticed");
  ASSERT_TRUE(own.server().start());
  world.await_merged();
  for (std::size_t g = 0; g < 3; ++g) world.gatherer(g).reconnect();
  fill(world, 200, 10);
  world.sync();
  EXPECT_EQ(counts(world), expected_counts(210));
}

TEST(DedupRecoveryTest, AStoppedGathererHoldsUpNobodyAndIsResumed) {
  PgCluster own;
  DedupWorld world(shared_cluster(), 2);
  GathererDatabase third(own, "g3");
  auto options = world.options();
  options.gatherers.push_back({"g3", own.options(third.database(), "dedup_reader")});
  options.gatherers.back().connect.answer_timeout = 200ms;
  options.gatherers.back().connect.connect_timeout = 200ms;
  world.start(options);
  fill(third, 0, 10);
  const auto rows = [&] { return world.production("SELECT count(*) FROM orderbook_deltas"); };
  DedupWorld::await([&] { return rows() == "10"; }, "the third's rows");
  own.server().pause();
  DedupWorld::await([&] { return !world.deduplicator().status().gatherer_connected[2]; },
                    "its silence to be noticed");
  fill(world, 10, 10);
  DedupWorld::await([&] { return rows() == "20"; }, "the others' rows");
  own.server().resume();
  third.reconnect();
  fill(third, 20, 10);
  DedupWorld::await([&] { return rows() == "30"; }, "the third's later rows");
}

TEST(DedupRecoveryTest, TheSecondDeduplicatorWaitsAndTakesOver) {
  DedupWorld world(shared_cluster(), 3);
  world.start();
  DedupWorld::await([&] { return world.deduplicator().status().leader; }, "a leader");
  CountingObserver observer;
  const auto log = std::make_shared<Lines>();
  Deduplicator second(world.options(), observer, {log, "2"});
  second.start();
  DedupWorld::await([&] { return second.status().production_connected; }, "the second's session");
  fill(world, 0, 20);
  world.await_merged();
  DedupWorld::await([&] { return log->count("another deduplicator leads") > 0; }, "its log line");
  EXPECT_FALSE(second.status().leader);
  EXPECT_EQ(observer.rounds, 0);
  EXPECT_EQ(log->count("leads: merging"), 0);
  world.stop();
  DedupWorld::await([&] { return second.status().leader; }, "the second to lead");
  fill(world, 20, 20);
  DedupWorld::await([&] { return world.production("SELECT count(*) FROM quarantine") == "120"; },
                    "its rows");
  second.stop();
  EXPECT_EQ(log->count("another deduplicator leads"), 1);
  EXPECT_EQ(log->count("leads: merging"), 1);
  EXPECT_EQ(counts(world), expected_counts(40));
}

TEST(DedupRecoveryTest, ACursorMovedByAnotherMeansNotLeading) {
  DedupWorld world(shared_cluster(), 3);
  fill(world, 0, 5);
  bool meddled = false;
  auto options = world.options();
  options.at_step = [&](std::string_view step) {
    if (step != "merged" || meddled) return;
    meddled = true;
    world.production("UPDATE sync_cursors SET position = 1 WHERE table_name = 'orderbook_deltas'");
  };
  world.start(options);
  world.await_merged();
  EXPECT_TRUE(meddled);
  world.stop();
  EXPECT_EQ(counts(world), expected_counts(5));
}

TEST(DedupRecoveryTest, MissingMigrationsAreFatalAtStart) {
  DedupWorld world(shared_cluster(), 1);
  auto options = world.options();
  options.production = shared_cluster().options(shared_cluster().make_empty_database("bare"));
  CountingObserver observer;
  const auto log = std::make_shared<Lines>();
  Deduplicator deduplicator(options, observer, {log, "test"});
  deduplicator.start();
  DedupWorld::await([&] { return deduplicator.fatal_error().has_value(); }, "the error");
  deduplicator.stop();
  EXPECT_NE(deduplicator.fatal_error()->what.find("kalshi-data migrate production"),
            std::string::npos);
  EXPECT_GT(log->count("production cannot be used"), 0);
  EXPECT_EQ(log->count("production is away"), 0) << "it is there, and there was nothing to lose";
}

}  // namespace
}  // namespace kd
