// What goes with the rows: proofs, books to be compared, silent lines, acknowledgements.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "database/cursors.h"
#include "integration/dedup_world.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400'000'000;

class DedupEvidenceTest : public testing::Test {
 protected:
  void commit_all() {
    for (std::size_t g = 0; g < world_.gatherers(); ++g) world_.gatherer(g).commit();
  }
  std::string gatherer(std::size_t g, const std::string& sql) {
    return scalar(*shared_cluster().connect(world_.gatherer(g).database()), sql);
  }
  // Of gatherer 1: the positions that production said it has, and those of its cursors.
  std::string acks() {
    return gatherer(0,
                    "SELECT string_agg(table_name || ' ' || position, ', ' ORDER BY table_name) "
                    "FROM sync_acks");
  }
  std::string cursors() {
    return world_.production(
        "SELECT string_agg(table_name || ' ' || position, ', ' ORDER BY table_name) "
        "FROM sync_cursors WHERE gatherer = 'g1'");
  }
  Deduplicator::Options acknowledging() {
    auto options = world_.options();
    options.ack_interval = 10ms;
    return options;
  }

  DedupWorld world_{shared_cluster(), 2};
};

TEST_F(DedupEvidenceTest, BooksReadOverRestWaitToBeCompared) {
  world_.gatherer(0).add_snapshot("KXA", kTestHour);
  world_.gatherer(0).add_rest_book("KXA", kTestHour);
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT string_agg(source || ' ' || stream_id, ',') "
                              "FROM orderbook_snapshots"),
            "ws 1");
  EXPECT_EQ(world_.production("SELECT string_agg(gatherer || ' ' || (requested_at - " +
                              std::to_string(kTestHour) + "), ',') FROM rest_books"),
            "g1 0");
}

// At every commit: where a proof is, the rows before it are.
TEST_F(DedupEvidenceTest, AProofNeverComesBeforeTheRowsItSpeaksFor) {
  constexpr int kRows = 2'000;
  for (int i = 0; i < kRows; ++i) world_.gatherer(0).add({.stamp = kTestHour + i * kMs});
  world_.gatherer(0).add_ledger(kTestHour);
  world_.gatherer(0).add_watermark(kTestHour, {1}, {kTestHour + kRows * kMs});
  commit_all();
  std::atomic<int> early = 0;
  std::atomic<int> commits = 0;
  auto options = world_.options();
  for (auto& table : options.polling) table.batch_rows = 100;
  options.modes.batch_factor = 1;
  options.at_step = [&](std::string_view step) {
    if (step != "committed") return;
    ++commits;
    const auto rows = world_.production("SELECT count(*) FROM orderbook_deltas");
    if (world_.production("SELECT count(*) FROM stream_proofs") == "1" &&
        rows != std::to_string(kRows)) {
      ++early;
    }
  };
  world_.start(options);
  world_.await_merged();
  world_.stop();
  EXPECT_GT(commits, 5);
  EXPECT_EQ(early, 0);
  EXPECT_EQ(world_.production("SELECT count(*) FROM stream_proofs"), "1");
}

TEST_F(DedupEvidenceTest, ProofsAdvanceUnderConstantLoad) {
  std::atomic<bool> stop = false;
  std::jthread load([&] {
    for (int i = 0; !stop; ++i) {
      for (int row = 0; row < 500; ++row) {
        world_.gatherer(0).add({.stamp = kTestHour + i * kMs, .change = row + 1});
      }
      world_.gatherer(0).add_watermark(kTestHour, {1}, {kTestHour + i});
      world_.gatherer(0).commit();
    }
  });
  world_.start();
  const auto proven = [&] {
    return std::atoll(
        world_.production("SELECT coalesce(max(proven_until), 0) FROM stream_proofs").c_str());
  };
  auto last = proven();
  for (int advances = 0; advances < 5; ++advances) {
    DedupWorld::await([&] { return proven() > last; }, "the proof to advance");
    last = proven();
  }
  stop = true;
}

TEST_F(DedupEvidenceTest, AProofNeverGoesBack) {
  world_.gatherer(0).add_watermark(kTestHour, {1, 2}, {kTestHour + 50, kTestHour});
  commit_all();
  world_.sync();
  world_.gatherer(0).add_watermark(kTestHour + 1, {1, 2}, {kTestHour + 20, kTestHour + 20});
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT string_agg((proven_until - " + std::to_string(kTestHour) +
                              ")::text, ' ' ORDER BY stream_id) FROM stream_proofs"),
            "50 20");
}

TEST_F(DedupEvidenceTest, AcknowledgesExactlyWhatIsCommitted) {
  fill(world_, 0, 30);
  world_.start(acknowledging());
  world_.await_merged();
  DedupWorld::await([&] { return acks() == cursors(); }, "the acknowledgements");
  EXPECT_EQ(gatherer(0, "SELECT DISTINCT consumer FROM sync_acks"),
            world_.production("SELECT database_id || '/0/1' FROM database_identity"));
  EXPECT_EQ(gatherer(0, "SELECT count(*) FROM sync_acks WHERE position > 0"), "8");
}

TEST_F(DedupEvidenceTest, ARebuiltGathererIsNotToldOfPositionsOfTheOldOne) {
  fill(world_, 0, 30);
  world_.sync();
  world_.gatherer(0).rebuild();
  world_.gatherer(0).continue_at(kTestHour);
  world_.gatherer(0).add({.stamp = kTestHour + 77 * kMs});
  commit_all();
  world_.start(acknowledging());
  world_.await_merged();
  DedupWorld::await(
      [&] {
        return gatherer(0,
                        "SELECT position FROM sync_acks WHERE table_name = "
                        "'orderbook_deltas'") == std::to_string(kTestHour + 1);
      },
      "the acknowledgement of its own row");
  EXPECT_EQ(gatherer(0, "SELECT count(*) FROM sync_acks WHERE position > 0"), "1")
      << "nothing of its other tables was taken over";
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "31");
}

TEST_F(DedupEvidenceTest, AcknowledgementsGoBackWithARestoredProduction) {
  fill(world_, 0, 10);
  world_.sync();
  const auto backup = cursors();
  const auto copy = shared_cluster().make_empty_database("backup");
  const auto admin = shared_cluster().connect("postgres");
  ASSERT_TRUE(admin->exec("DROP DATABASE " + copy));
  ASSERT_TRUE(admin->exec("CREATE DATABASE " + copy + " TEMPLATE " + world_.production_database()));
  fill(world_, 10, 10);
  world_.start(acknowledging());
  world_.await_merged();
  DedupWorld::await([&] { return acks() == cursors(); }, "the acknowledgements");
  world_.stop();
  ASSERT_NE(acks(), backup);
  std::atomic<bool> hold = true;
  auto options = acknowledging();
  options.production = shared_cluster().options(copy, "deduplicator");
  options.at_step = [&](std::string_view step) {
    if (step == "merged") hold.wait(true);
  };
  world_.start(options);
  DedupWorld::await([&] { return acks() == backup; }, "the acknowledgements to go back");
  hold = false;
  hold.notify_all();
  world_.await_merged();
}

TEST_F(DedupEvidenceTest, ASilentLineIsRecordedAndAskedToSeeTheMarketAgain) {
  world_.gatherer(0).add({.stamp = kTestHour, .ticker = "KXF"});
  for (std::int64_t i = 0; i <= 40; ++i) {
    world_.gatherer(1).add({.stamp = kTestHour + i * kSecond, .ticker = "KXF"});
    world_.gatherer(0).add({.stamp = kTestHour + i * kSecond, .ticker = "KXB"});
  }
  world_.gatherer(0).add_watermark(kTestHour, {1}, {kTestHour + 60 * kSecond});
  commit_all();
  world_.start();
  world_.await_merged();
  world_.gatherer(1).add({.stamp = kTestHour + 41 * kSecond, .ticker = "KXF"});
  commit_all();
  DedupWorld::await([&] { return gatherer(0, "SELECT count(*) FROM resync_requests") == "1"; },
                    "the request");
  EXPECT_EQ(gatherer(0, "SELECT ticker FROM resync_requests WHERE reason LIKE 'frozen%'"), "KXF");
  EXPECT_EQ(world_.production("SELECT gatherer || ' ' || ticker || ' ' || (to_ts - from_ts) / "
                              "1000000 FROM frozen_lines"),
            "g1 KXF 31");
  EXPECT_EQ(world_.observer.frozen, 1);
  EXPECT_EQ(world_.deduplicator().status().frozen, (std::vector<std::int64_t>{1, 0}));
}

TEST_F(DedupEvidenceTest, AClockYearsAheadLosesNoEvidenceAndMakesNoPartition) {
  const auto wild = kTestHour + 3 * 365 * kDay;
  world_.gatherer(0).add_ledger(wild, "gap");
  world_.gatherer(0).add_lifecycle("KXA", "created", "{}", wild);
  world_.gatherer(0).add_rest_book("KXA", wild);
  world_.gatherer(0).add_quarantine(wild);
  world_.gatherer(0).add({});
  world_.gatherer(0).add_watermark(wild, {1}, {kTestHour});
  commit_all();
  world_.sync();
  const auto hour = std::to_string(kTestHour / 3'600'000'000);
  EXPECT_EQ(world_.production("SELECT count(*) FROM ledger WHERE at / 3600000000 = " + hour), "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM lifecycle_events WHERE received_at / "
                              "3600000000 = " +
                              hour),
            "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM stream_proofs WHERE at / 3600000000 = " + hour),
            "1");
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas"), "1");
  EXPECT_EQ(world_.production("SELECT string_agg(table_name, ' ' ORDER BY table_name) "
                              "FROM quarantine"),
            "orderbook_snapshots quarantine");
  world_.gatherer(0).add_ledger(kTestHour + kSecond);  // the clock is right again
  world_.gatherer(0).add_watermark(kTestHour + kSecond, {1}, {kTestHour + kSecond});
  commit_all();
  world_.sync();
  EXPECT_EQ(world_.production("SELECT count(*) FROM ledger"), "2");
  EXPECT_EQ(world_.production("SELECT max(at) FROM stream_proofs"),
            std::to_string(kTestHour + kSecond));
}

TEST_F(DedupEvidenceTest, TradesThatAnotherSessionWritesMeanwhileAreNotDoubled) {
  const std::string id(16, 'a');
  world_.gatherer(0).add_trade(id, kTestHour);
  commit_all();
  const auto other = shared_cluster().connect(world_.production_database());
  ASSERT_TRUE(
      other->query("SELECT kd_ensure_partitions('trades', $1, $1)", {std::to_string(kTestHour)}));
  ASSERT_TRUE(
      other->exec("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended("
                  "'kalshi trades writer', 0)); INSERT INTO trades SELECT "
                  "'61616161-6161-6161-6161-616161616161', " +
                  std::to_string(kTestHour + 250) + ", NULL, 0, 'KXA', 1, 1, true, NULL, 'rest'"));
  world_.start();
  const auto waits = [&] {
    return world_.production(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = "
        "current_database() AND wait_event = 'advisory'");
  };
  DedupWorld::await([&] { return waits() == "1"; }, "the round to wait");
  ASSERT_TRUE(other->exec("COMMIT"));
  world_.await_merged();
  EXPECT_EQ(world_.production("SELECT string_agg(gatherer, ' ') FROM trades"), "rest");
}

TEST_F(DedupEvidenceTest, AGathererThatBackfillsIsToldApartAndHoldsUpNobody) {
  constexpr std::int64_t kHour = 3'600'000'000;
  for (int i = 0; i < 3'000; ++i) world_.gatherer(0).add({.stamp = kTestHour + i * kMs});
  world_.gatherer(0).commit();
  world_.gatherer(0).continue_at(kTestHour + 2 * kHour);
  for (int i = 0; i < 500; ++i) world_.gatherer(0).add({.stamp = kTestHour + kHour + i * kMs});
  world_.gatherer(0).commit();
  auto options = world_.options();
  for (auto& table : options.polling) table.batch_rows = 20;
  options.modes.batch_factor = 2;
  std::atomic<bool> backfilled = false;
  int rounds = 0;
  options.at_step = [&](std::string_view step) {
    if (step != "merged" || world_.deduplicator().status().mode[0] != SyncMode::kBackfill) return;
    backfilled = true;
    // Once per round of the backfill: a live row of the other one.
    if (++rounds > 20) return;
    world_.gatherer(1).add({.stamp = kTestHour + 3 * kHour + rounds * kMs});
    world_.gatherer(1).commit();
  };
  world_.start(options);
  world_.await_merged();
  EXPECT_TRUE(backfilled);
  EXPECT_EQ(world_.deduplicator().status().mode[0], SyncMode::kRealtime);
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas WHERE gatherer = 'g1'"),
            "3500");
  EXPECT_EQ(world_.production("SELECT count(*) FROM orderbook_deltas WHERE gatherer = 'g2'"),
            std::to_string(std::min(rounds, 20)));
}

}  // namespace
}  // namespace kd
