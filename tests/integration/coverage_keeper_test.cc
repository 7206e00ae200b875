#include <gtest/gtest.h>

#include "app/coverage_answer.h"
#include "coverage/ask.h"
#include "coverage/keeper.h"
#include "coverage/overview.h"
#include "integration/coverage_world.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

// Three lines with one stream each, "trade" streams beside them, markets A and B with bases at 10.
class CoverageKeeperTest : public testing::Test {
 protected:
  CoverageKeeperTest() : world(shared_cluster()) {
    for (int g = 1; g <= 3; ++g) {
      world.tell(g, 0, {.event = "start", .from = {}, .to = {}, .at = 0.5});
      open(g, 10 + g);
      for (const auto* ticker : {"A", "B"}) world.base(g, 10 + g, ticker, 10);
    }
  }
  void open(int g, std::int64_t stream, double at = 1) {
    world.tell(g, stream, {.event = "open", .from = {}, .to = {}, .connection = g, .at = at});
  }
  void prove_all(double until) {
    for (int g = 1; g <= 3; ++g) world.prove(g, 10 + g, until);
  }
  void gap(int g, double from, double to, std::vector<std::string> tickers = {}) {
    world.tell(g, 10 + g,
               {.event = "gap",
                .from = from,
                .to = to,
                .tickers = std::move(tickers),
                .reason = "seq",
                .connection = g,
                .at = to});
  }
  void close(int g, double from) {
    world.tell(g, 10 + g,
               {.event = "close",
                .from = from,
                .to = {},
                .reason = "ping timeout",
                .connection = g,
                .at = from});
  }
  // Bases again after a gap.
  void heal(int g, double at) {
    for (const auto* ticker : {"A", "B"}) world.base(g, 10 + g, ticker, at);
  }

  CoverageWorld world;
};

TEST_F(CoverageKeeperTest, HolesAreTheIntersectionOfOutages) {
  gap(1, 100, 140);
  heal(1, 150);
  gap(2, 120, 170);
  heal(2, 180);
  close(3, 130);
  prove_all(400);
  world.round(300);
  EXPECT_EQ(world.holes(), "A 130-150 close g3; B 130-150 close g3");
  EXPECT_EQ(world.scalar_of("SELECT lines -> 0 ->> 'reason' FROM coverage_holes LIMIT 1"),
            "ping timeout");
  EXPECT_EQ(world.scalar_of("SELECT jsonb_array_length(lines) FROM coverage_holes LIMIT 1"), "3");
  EXPECT_EQ(world.scalar_of("SELECT connection FROM coverage_holes LIMIT 1"), "3");
}

TEST_F(CoverageKeeperTest, TheSameHolesComeOutRoundByRound) {
  prove_all(90);
  world.round(80);
  EXPECT_EQ(world.holes(), "");
  gap(1, 100, 140);
  gap(2, 120, 170);
  close(3, 130);
  prove_all(145);
  world.round(140);
  EXPECT_EQ(world.holes(), "A 130- close g3; B 130- close g3") << "they grow";
  heal(1, 150);
  prove_all(200);
  const auto figures = world.round(190);
  EXPECT_EQ(world.holes(), "A 130-150 close g3; B 130-150 close g3");
  EXPECT_EQ(figures.growing, 0);
  EXPECT_EQ(figures.uncovered_us, 20'000'000) << "20 s more of two markets, less 2 x 10 s known";
}

TEST_F(CoverageKeeperTest, ADeadPlatformMakesAGrowingHole) {
  prove_all(100);
  world.round(95);
  EXPECT_EQ(world.holes(), "");
  world.round(200);
  EXPECT_EQ(world.holes(), "A 100- unproven g1; B 100- unproven g1");
  const auto figures = world.round(230);
  EXPECT_EQ(figures.growing, 2);
  EXPECT_EQ(figures.uncovered_us, 60'000'000);
  EXPECT_EQ(figures.looked_at, 0) << "nothing new is known";
  EXPECT_EQ(world.scalar_of("SELECT sum(seconds)::int FROM v_coverage_holes"), "260");
}

TEST_F(CoverageKeeperTest, ALateGathererHealsHoles) {
  world.prove(1, 11, 100);
  world.prove(2, 12, 120);
  world.prove(3, 13, 50);
  world.round(300);
  EXPECT_EQ(world.holes(), "A 120- unproven g2; B 120- unproven g2");
  gap(3, 200, 210, {"A"});
  world.prove(3, 13, 400);
  world.round(310);
  EXPECT_EQ(world.holes(), "A 200- gap g3");
  world.base(3, 13, "A", 220);
  world.round(320);
  EXPECT_EQ(world.holes(), "A 200-220 gap g3");
  EXPECT_EQ(world.scalar_of("SELECT count(*) FROM coverage_holes WHERE healed_at IS NOT NULL"),
            "1");
}

TEST_F(CoverageKeeperTest, ARestartedKeeperGoesOnWithoutDoubling) {
  gap(1, 100, 140);
  gap(2, 120, 170);
  close(3, 130);
  prove_all(200);
  world.round(190);
  const auto before = world.holes();
  EXPECT_EQ(before, "A 130- close g3; B 130- close g3");
  world.restart_keeper();
  const auto figures = world.round(195);
  EXPECT_EQ(world.holes(), before);
  EXPECT_EQ(figures.made, 0);
  EXPECT_EQ(figures.uncovered_us, 10'000'000);
  world.restart_keeper();
  heal(2, 197);
  prove_all(300);
  world.round(250);
  EXPECT_EQ(world.holes(), "A 130-197 close g3; B 130-197 close g3");
  EXPECT_EQ(world.scalar_of("SELECT count(*) FROM coverage_holes"), "2");
}

TEST_F(CoverageKeeperTest, EvidenceThatTakesBackIsHeeded) {
  prove_all(400);
  close(1, 100);
  close(2, 100);
  world.round(300);
  EXPECT_EQ(world.holes(), "");
  world.frozen(3, "A", 150, 320);
  world.round(310);
  EXPECT_EQ(world.holes(), "A 150- frozen g3");
}

TEST_F(CoverageKeeperTest, AMarketThatOpenedBeforeItsFirstBaseHasAHole) {
  prove_all(200);
  world.round(100);
  world.metadata("C", 105, {});
  world.base(1, 11, "C", 112);
  world.round(150);
  EXPECT_EQ(world.holes(), "C 105-112 not subscribed g1");
}

TEST_F(CoverageKeeperTest, ASettledMarketHasNoHoleBehindItsEnd) {
  prove_all(100);
  world.round(150);
  EXPECT_EQ(world.holes(), "A 100- unproven g1; B 100- unproven g1");
  world.metadata("A", {}, 130);
  world.round(600);
  EXPECT_EQ(world.holes(), "A 100-130 unproven g1; B 100- unproven g1");
}

TEST_F(CoverageKeeperTest, AMarketThatAllLinesLeftIsNoLongerCounted) {
  prove_all(400);
  world.round(100);
  for (int g = 1; g <= 3; ++g) {
    world.tell(g, 10 + g,
               {.event = "leave", .from = 110.0 + g, .to = {}, .tickers = {"A"}, .at = 110});
    world.tell(g, 10 + g,
               {.event = "leave", .from = 110.0 + g, .to = 115, .tickers = {"A"}, .at = 115});
  }
  const auto figures = world.round(200);
  EXPECT_EQ(world.holes(), "");
  EXPECT_EQ(figures.markets, 1);
  world.base(1, 11, "A", 150);
  world.round(210);
  EXPECT_EQ(world.holes(), "A 113-150 leave g3") << "it came back";
}

TEST_F(CoverageKeeperTest, AChannelWithoutBooksHasItsOwnHoles) {
  for (int g = 1; g <= 2; ++g) {
    world.tell(g, 20 + g, {.event = "open", .from = {}, .to = {}, .channel = "trade", .at = 1});
    world.prove(g, 20 + g, 300);
  }
  prove_all(300);
  world.round(100);
  EXPECT_EQ(world.holes("trade"), "");
  world.tell(1, 21, {.event = "gap", .from = 150, .to = 160, .channel = "trade", .at = 160});
  world.tell(2, 22, {.event = "gap", .from = 155, .to = 170, .channel = "trade", .at = 170});
  world.round(200);
  EXPECT_EQ(world.holes("trade"), " 155-160 gap g2");
  world.round(320);
  EXPECT_EQ(world.holes("trade"), " 155-160 gap g2;  300- unproven g1");
}

TEST_F(CoverageKeeperTest, AHoleOfAChannelThatLiesBehindTheHorizonIsNotForgotten) {
  for (int g = 1; g <= 2; ++g) {
    world.tell(g, 20 + g, {.event = "open", .from = {}, .to = {}, .channel = "trade", .at = 1});
    world.prove(g, 20 + g, 300);
  }
  prove_all(300);
  world.round(100);
  world.tell(1, 21, {.event = "gap", .from = 150, .to = 170, .channel = "trade", .at = 170});
  world.tell(2, 22, {.event = "gap", .from = 150, .to = 170, .channel = "trade", .at = 170});
  world.round(140);
  EXPECT_EQ(world.holes("trade"), "");
  world.round(160);
  EXPECT_EQ(world.holes("trade"), " 150- gap g1");
  world.round(180);
  EXPECT_EQ(world.holes("trade"), " 150-170 gap g1");
}

TEST_F(CoverageKeeperTest, AHoleThatADropMadeEnds) {
  close(2, 50);
  close(3, 50);
  prove_all(400);
  world.round(100);
  world.tell(1, 0, {.event = "drop", .from = 120, .to = 150, .at = 150});
  world.round(130);
  EXPECT_EQ(world.bounds(), "A 119.999999-; B 119.999999-");
  const auto figures = world.round(200);
  EXPECT_EQ(world.bounds(), "A 119.999999-150; B 119.999999-150");
  EXPECT_EQ(figures.growing, 0);
}

TEST_F(CoverageKeeperTest, AMarketThatComesBackWhereALineDiedUnsaidHasAHole) {
  world.base(4, 14, "A", 10);
  world.prove(4, 14, 20);
  prove_all(400);
  world.round(100);
  for (int g = 1; g <= 3; ++g) {
    for (const auto until : {std::optional<double>(), std::optional(115.0)}) {
      world.tell(g, 10 + g,
                 {.event = "leave", .from = 110, .to = until, .tickers = {"A"}, .at = 115});
    }
  }
  world.round(130);
  EXPECT_EQ(world.holes(), "");
  world.base(1, 11, "A", 150);
  world.round(160);
  EXPECT_EQ(world.bounds(), "A 110-150");
}

TEST_F(CoverageKeeperTest, AClockThatWasYearsSlowMakesNoHoles) {
  world.tell(3, 0, {.event = "start", .from = {}, .to = {}, .at = -5e7});
  world.metadata("A", -1'000, {});
  world.metadata("B", 4, {});
  prove_all(200);
  world.round(100);
  EXPECT_EQ(world.holes(), "");
  world.metadata("C", 105, {});
  world.base(1, 11, "C", 112);
  world.round(150);
  EXPECT_EQ(world.bounds(), "C 105-112") << "it opened while the platform recorded";
}

TEST_F(CoverageKeeperTest, EarlierEvidenceThatComesLaterMovesTheRecordingsStart) {
  world.metadata("A", 5, {});
  prove_all(200);
  world.round(100);
  EXPECT_EQ(world.holes(), "");
  world.base(2, 12, "B", 3);
  world.base(2, 12, "A", 7);
  world.round(110);
  EXPECT_EQ(world.bounds(), "A 5-7");
}

TEST_F(CoverageKeeperTest, ProofCountsBeforeAMarketOpensAndBehindItsEnd) {
  world.metadata("A", 100, 150);
  gap(1, 250, 260);
  close(2, 30);
  close(3, 30);
  prove_all(400);
  const auto holes = [&](const char* ticker, double from, double to) {
    const auto answer =
        coverage_answer(world.connection(), ticker, CoverageWorld::at(from), CoverageWorld::at(to));
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    if (!answer) return ADD_FAILURE() << answer.error().what, out;
    for (const auto& hole : answer->holes) {
      out.emplace_back((hole.from - kCoverageStart) / 1'000'000,
                       (hole.to - kCoverageStart) / 1'000'000);
    }
    return out;
  };
  using All = std::vector<std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(holes("A", 20, 240), All{});
  EXPECT_EQ(holes("A", 0, 300), (All{{0, 10}, {250, 300}}));
  EXPECT_EQ(holes("never", 20, 240), (All{{20, 240}}));
  world.clear();
  EXPECT_EQ(holes("A", 20, 240), (All{{20, 240}})) << "without any evidence";
  const auto shares = coverage_of(world.connection(), "A", {0, kNever});
  ASSERT_TRUE(shares) << shares.error().what;
  EXPECT_TRUE(shares->market.window.empty());
}

TEST_F(CoverageKeeperTest, TheFunctionOfTheDatabaseKnowsTheLines) {
  gap(1, 100, 140);
  world.base(1, 11, "A", 150);
  prove_all(200);
  const auto lines = [&](double at) {
    return world.scalar_of(
        "SELECT coalesce(string_agg(gatherer, ',' ORDER BY gatherer), '') FROM "
        "kd_lines_watching('A', " +
        std::to_string(CoverageWorld::at(at)) + ")");
  };
  EXPECT_EQ(lines(10), "");
  EXPECT_EQ(lines(90), "g1,g2,g3");
  EXPECT_EQ(lines(120), "g2,g3");
  EXPECT_EQ(lines(160), "g1,g2,g3");
  EXPECT_EQ(lines(201), "");
  const auto reader = shared_cluster().connect(world.database(), "reader");
  for (const auto* view :
       {"v_coverage_holes", "v_line_coverage", "coverage_state", "kd_lines_watching('A', 0)"}) {
    EXPECT_TRUE(reader->query("SELECT * FROM " + std::string(view))) << view;
  }
  EXPECT_EQ(scalar(*reader, "SELECT count(*) FROM v_line_coverage WHERE gaps = 1"), "1");
}

TEST_F(CoverageKeeperTest, OnDemandSaysTheSame) {
  gap(1, 100, 140);
  heal(1, 150);
  gap(2, 120, 170);
  close(3, 130);
  prove_all(400);
  world.round(300);
  auto& production = world.connection();
  const auto one = coverage_of(production, "A", {CoverageWorld::at(0), CoverageWorld::at(999)});
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(one->market.window, (Interval{CoverageWorld::at(10), CoverageWorld::at(385)}));
  ASSERT_EQ(one->market.holes.size(), 1U);
  EXPECT_EQ(one->market.holes[0].when, (Interval{CoverageWorld::at(130), CoverageWorld::at(150)}));
  const auto all = coverage_overview(
      production, {.asked = {CoverageWorld::at(0), CoverageWorld::at(210)}, .most_holes = 1});
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_TRUE(all->has_value());
  EXPECT_EQ((*all)->books.markets(), 2);
  EXPECT_DOUBLE_EQ((*all)->books.share(1), 0.9);
  EXPECT_EQ((*all)->books.holes(), 2);
  EXPECT_EQ((*all)->holes.size(), 1U) << "the others are counted only";
}

TEST_F(CoverageKeeperTest, StoppingCancelsTheStatementThatRuns) {
  const auto admin = shared_cluster().connect(world.database());
  ASSERT_TRUE(admin->begin());
  ASSERT_TRUE(admin->exec("LOCK TABLE coverage_state"));
  MetricsRegistry metrics;
  CoverageKeeper::Options options;
  options.production = shared_cluster().options(world.database(), "deduplicator");
  options.leads = [] { return true; };
  options.settled_until_us = [] { return std::optional(CoverageWorld::at(200)); };
  CoverageKeeper keeper(options, metrics, silent_logger());
  keeper.start();
  EXPECT_TRUE(eventually([&] {
    return scalar(*admin,
                  "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                  "'coverage_state'::regclass") == "1";
  }));
  keeper.stop();  // would wait for the lock otherwise
  EXPECT_TRUE(admin->rollback());
}

TEST_F(CoverageKeeperTest, TheThreadWorksOnlyWhileItLeads) {
  prove_all(100);
  std::atomic<bool> leads = false;
  std::atomic<int> asked = 0;
  MetricsRegistry metrics;
  CoverageKeeper::Options options;
  options.production = shared_cluster().options(world.database(), "deduplicator");
  options.leads = [&] {
    ++asked;
    return leads.load();
  };
  options.settled_until_us = [] { return std::optional(CoverageWorld::at(200)); };
  options.interval = 1ms;
  CoverageKeeper keeper(options, metrics, silent_logger());
  keeper.start();
  EXPECT_TRUE(eventually([&] { return asked > 3; }));
  EXPECT_EQ(world.scalar_of("SELECT count(*) FROM coverage_state"), "0");
  leads = true;
  EXPECT_TRUE(eventually([&] { return !world.holes().empty(); }));
  EXPECT_EQ(world.scalar_of("SELECT (horizon - " + std::to_string(CoverageWorld::at(185)) +
                            ") FROM coverage_state"),
            "0");
  CoverageKeeper second(options, metrics, silent_logger());
  second.start();
  second.stop();
  keeper.stop();
  EXPECT_EQ(world.holes(), "A 100- unproven g1; B 100- unproven g1");
  EXPECT_NE(metrics.scrape().find("coverage_uncovered_markets 2"), std::string::npos);
}

}  // namespace
}  // namespace kd
