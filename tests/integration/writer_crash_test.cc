// What a gatherer leaves behind when it stops without its database, or is killed, is loaded by the
// next one: once, in order.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "support/eventually.h"
#include "support/writer_process.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMemory = 1 << 20;
constexpr auto kDeltas = Table::kOrderbookDeltas;

// A copy of the spill files as they are, as a process that is killed now would leave them.
class Backup {
 public:
  explicit Backup(const WriterSite& site)
      : directory_(site.directory), copy_(site.directory.string() + "-copy") {
    std::filesystem::copy(directory_, copy_);
  }
  ~Backup() { std::filesystem::remove_all(copy_); }
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;
  void restore() const {
    std::filesystem::remove_all(directory_);
    std::filesystem::copy(copy_, directory_);
  }

 private:
  const std::filesystem::path directory_;
  const std::filesystem::path copy_;
};

void load_leftovers(WriterSite& site, int more_deltas = 0) {
  WriterProcess process(site, kMemory);
  process.pushed = 1'000'000;
  process.start_all();
  if (more_deltas > 0) process.push_deltas(more_deltas);
  ASSERT_TRUE(process.finish());
}

class WriterCrashTest : public testing::Test {
 protected:
  // A gatherer that takes deltas 1 to n while its database is away, and stops.
  static void run_without_database(WriterSite& site, int batches) {
    WriterProcess process(site, kMemory);
    process.start_all();
    for (int i = 0; i < batches; ++i) {
      process.push_deltas(20);
      ASSERT_TRUE(eventually([&] { return process.budget.used() < kMemory * 6 / 10; }));
    }
    ASSERT_TRUE(process.finish(0ms)) << "nothing is lost: it is on disk";
  }
};

TEST_F(WriterCrashTest, AStopWithoutDatabaseKeepsEverythingForTheNextStart) {
  PgCluster own;
  WriterSite site(own, "stop");
  ASSERT_TRUE(own.server().stop());
  run_without_database(site, 1'000);
  ASSERT_TRUE(own.server().start());
  load_leftovers(site);
  EXPECT_EQ(site.deltas(), "20000/20000/20000");
  EXPECT_EQ(site.out_of_order(), "0");
  EXPECT_EQ(site.files(), 0U);
}

TEST_F(WriterCrashTest, LeftoversComeBeforeNewRows) {
  PgCluster own;
  WriterSite site(own, "before");
  ASSERT_TRUE(own.server().stop());
  run_without_database(site, 100);
  ASSERT_TRUE(own.server().start());
  load_leftovers(site, 5);
  EXPECT_EQ(site.deltas(), "2005/2005/1000005");
  EXPECT_EQ(site.out_of_order(), "0");
}

TEST_F(WriterCrashTest, FilesLoadedTwiceDoubleNothing) {
  PgCluster own;
  WriterSite site(own, "twice");
  ASSERT_TRUE(own.server().stop());
  run_without_database(site, 1'000);
  ASSERT_TRUE(own.server().start());
  const Backup backup(site);
  load_leftovers(site);
  backup.restore();  // as if it had been killed between its last commit and the removal
  load_leftovers(site);
  EXPECT_EQ(site.deltas(), "20000/20000/20000");
}

TEST_F(WriterCrashTest, AKillInTheMiddleOfLoadingDoublesNothing) {
  PgCluster own;
  WriterSite site(own, "middle");
  ASSERT_TRUE(own.server().stop());
  run_without_database(site, 1'000);
  ASSERT_TRUE(own.server().start());
  const Backup backup(site);
  {
    WriterProcess process(site, kMemory);
    process.start_all();
    ASSERT_TRUE(eventually([&] { return process.written(kDeltas) >= 3'000; }));
    own.server().kill();  // in the middle of whatever transaction
    ASSERT_TRUE(process.finish(0ms));
  }
  ASSERT_TRUE(own.server().start());
  backup.restore();
  load_leftovers(site);
  EXPECT_EQ(site.deltas(), "20000/20000/20000");
  EXPECT_EQ(site.out_of_order(), "0");
}

// From now on every COMMIT of a delta takes a second: longer than its writer waits.
void make_commits_slow(WriterSite& site) {
  ASSERT_TRUE(
      site.connect()->exec("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                           "'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';"
                           "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON orderbook_deltas "
                           "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"));
}

void start_impatient(WriterProcess& process) {
  auto options = process.writer_options(kDeltas);
  options.database.answer_timeout = 100ms;
  process.clock.note(to_us(wall_now()));
  process.start(options);
}

double failures(WriterProcess& process) {
  return process.metrics
      .counter("writer_errors_total", "", {{"writer", "orderbook_deltas"}, {"type", "connection"}})
      .value();
}

TEST_F(WriterCrashTest, ACommitOfUnknownOutcomeIsNotRepeatedWhenItHappened) {
  WriterSite site(shared_cluster(), "doubt");
  make_commits_slow(site);
  WriterProcess process(site, kMemory);
  start_impatient(process);
  process.push_deltas(1);
  ASSERT_TRUE(eventually([&] { return failures(process) > 0; }));
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.deltas(), "1/1/1");
  EXPECT_TRUE(process.rejected.empty()) << "its position is taken by itself, not by another row";
}

TEST_F(WriterCrashTest, ACommitOfUnknownOutcomeIsRememberedAcrossAStop) {
  WriterSite site(shared_cluster(), "doubtstop");
  make_commits_slow(site);
  {
    WriterProcess process(site, kMemory);
    start_impatient(process);
    process.push_deltas(1);
    ASSERT_TRUE(eventually([&] { return failures(process) > 0; }));
    ASSERT_TRUE(process.finish(0ms));
  }
  EXPECT_EQ(site.files(), 1U);
  load_leftovers(site);
  EXPECT_EQ(site.deltas(), "1/1/1");
}

// A process that numbers deltas from `base` and proves them every 50 batches, until it is killed.
[[noreturn]] void run_until_killed(WriterSite& site, int base) {
  WriterProcess process(site, kMemory);
  process.spill_options.segment_bytes = 1 << 17;
  process.spill_options.spill_after = Spill::Options::all_after(50);
  process.pushed = base;
  process.start_all();
  for (int batch = 1;; ++batch) {
    process.push_deltas(20);
    if (batch % 50 == 0) process.gate.offer(0, {{1, micros_from_us(process.pushed)}}, wall_now());
    while (process.budget.used() > kMemory / 2) std::this_thread::yield();
    std::this_thread::sleep_for(100us);
  }
}

void bring_back(PgCluster& cluster) {
  if (cluster.server().running()) return;
  ASSERT_TRUE(cluster.server().start());
}

constexpr int kRound = 10'000'000;

// Whether every delta that a watermark proves is there.
std::string unproven(WriterSite& site) {
  return site.ask(fmt::format(
      "WITH proof AS (SELECT proven_until[1] / {0} AS round, max(proven_until[1]) AS until "
      "FROM watermarks GROUP BY 1) "
      "SELECT count(*) FROM proof WHERE until - round * {0} <> (SELECT count(*) FROM "
      "orderbook_deltas WHERE size_delta > round * {0} AND size_delta <= until)",
      kRound));
}

TEST_F(WriterCrashTest, KilledAtAnyMomentNothingThatWasProvenIsLostAndNothingDoubled) {
  PgCluster own;
  WriterSite site(own, "kill");
  std::mt19937 random(20261122);
  std::size_t left_files = 0;
  for (int round = 0; round < 10; ++round) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) run_until_killed(site, round * kRound);
    const bool outage = round % 2 == 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 300));
    if (outage) own.server().kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
    if (outage && round % 4 == 1) bring_back(own);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the process ended by itself";
    left_files += site.files();
    bring_back(own);
  }
  EXPECT_GT(left_files, 10U) << "some were killed while rows waited on disk";
  WriterProcess last(site, kMemory);
  last.start_all();
  ASSERT_TRUE(last.finish());
  EXPECT_EQ(unproven(site), "0");
  EXPECT_GE(std::stoi(site.ask("SELECT count(DISTINCT proven_until[1] / 10000000) "
                               "FROM watermarks")),
            5);
  EXPECT_EQ(site.ask("SELECT count(*) - count(DISTINCT size_delta) FROM orderbook_deltas"), "0");
  EXPECT_EQ(site.out_of_order(), "0");
}

}  // namespace
}  // namespace kd
