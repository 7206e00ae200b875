#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "app/local_http.h"
#include "app/local_platform.h"
#include "codec/flat_json.h"
#include "e2e/workbench.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 3min;

// Frames of all files of a recording.
std::int64_t frames_of(const fs::path& recording) {
  const auto counted = run_program(
      {"/bin/sh", "-c", "zcat '" + recording.string() + "'/events/*/*.ndjson.gz | wc -l"});
  return std::atoll(counted.output.c_str());
}

class PlatformTest : public testing::Test {
 protected:
  void prepare(UpOptions options) {
    LocalPlatform::Surroundings around;
    around.programs = KD_BINARY_DIR;
    around.tell = [](const std::string& line) { std::puts(line.c_str()); };
    around.pause = [](std::chrono::milliseconds wait) {
      std::this_thread::sleep_for(wait);
      return false;
    };
    auto platform = LocalPlatform::prepare(std::move(options), std::move(around));
    ASSERT_TRUE(platform) << platform.error().what;
    platform_ = std::move(*platform);
  }

  void expect(const Expected<void>& done) { ASSERT_TRUE(done) << done.error().what; }

  // Until the simulator has emitted so many messages, or all.
  void await_emitted(std::int64_t messages) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto status = platform_->simulator_status();
      if (status && (status->state == "finished" || status->emitted_total() >= messages)) return;
      std::this_thread::sleep_for(2ms);
    }
    FAIL() << "the simulator does not emit " << messages << " messages";
  }

  void await_finished() { await_emitted(INT64_MAX); }

  void stop_in_order() {
    expect(platform_->await_received());
    expect(platform_->stop_gatherers());
    expect(platform_->await_merged());
    expect(platform_->stop_deduplicator());
    expect(platform_->stop_simulator());
  }

  // A recording goes through three gatherers; two are killed, and are away at the same time for a
  // while; the deduplicator is killed later.
  void play_with_kills(const fs::path& recording) {
    UpOptions options;
    options.replay = recording;
    options.speed = "max";
    options.connections = 4;
    options.directory = bench_ / "var";
    prepare(options);
    const auto frames = frames_of(recording);
    ASSERT_GT(frames, 0);
    expect(platform_->start_simulator());
    for (int i = 0; i < options.gatherers; ++i) expect(platform_->start_gatherer(i));
    expect(platform_->start_deduplicator());
    await_emitted(frames / 4);
    platform_->processes().kill(gatherer_name(1));
    await_emitted(frames * 3 / 8);
    platform_->processes().kill(gatherer_name(2));
    await_emitted(frames / 2);
    expect(platform_->start_gatherer(1));
    await_emitted(frames * 5 / 8);
    expect(platform_->start_gatherer(2));
    await_emitted(frames * 3 / 4);
    platform_->processes().kill(kDeduplicatorName);
    expect(platform_->start_deduplicator());
    await_finished();
    stop_in_order();
  }

  // The simulator plays to nobody and writes down what it played.
  void record_synthetic_world(const fs::path& recording) {
    const auto port = free_local_port();
    ASSERT_TRUE(port) << port.error().what;
    Supervisor simulator(fs::temp_directory_path());
    expect(
        simulator.start({kSimulatorName,
                         {program(kSimulatorName), "--listen", "127.0.0.1:" + std::to_string(*port),
                          "--markets", "30", "--rate", "4000", "--seed", "7", "--churn", "4",
                          "--for", "10s", "--record", recording},
                         bench_ / "record.log"}));
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::string state;
    while (state != "finished" && simulator.running(kSimulatorName)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << state;
      std::this_thread::sleep_for(20ms);
      const auto answer = local_http("GET", *port, "/sim/status");
      if (answer) state = parse_sim_status(answer->body).value_or(SimStatus{}).state;
    }
    expect(simulator.stop({kSimulatorName}, kPatience));
    ASSERT_EQ(state, "finished") << read_file(bench_ / "record.log");
  }

  void expect_clean_audit() {
    const auto audit = platform_->audit();
    ASSERT_TRUE(audit) << audit.error().what;
    for (const auto& [table, figures] : audit->tables) {
      EXPECT_EQ(figures.missing, 0) << table;
      EXPECT_EQ(figures.doubled, 0) << table;
    }
    const auto& deltas = audit->tables.at("orderbook_deltas");
    EXPECT_GT(deltas.merged, 0);
    EXPECT_GT(audit->lost_by_short_key, 0) << "the key's fifth column is there for something";
    std::printf("%lld changes merged; the key (ticker, time, price, side) would have lost %lld\n",
                static_cast<long long>(deltas.merged),
                static_cast<long long>(audit->lost_by_short_key));
    EXPECT_GT(audit->tables.at("trades").merged, 0);
    for (const auto& example : audit->examples) ADD_FAILURE() << example;
  }

  void dump(const std::string& sql, const fs::path& file) {
    const auto connection = platform_->production_cluster().connect();
    ASSERT_TRUE(connection) << connection.error().what;
    const auto rows = (*connection)->query(sql);
    ASSERT_TRUE(rows) << rows.error().what;
    std::ofstream out(file);
    for (const auto& row : *rows) {
      const char* separator = "";
      for (const auto& value : row) {
        out << separator << value.value_or("\\N");
        separator = "\t";
      }
      out << '\n';
    }
  }

  // Compares with the recording by a program that shares nothing with ours.
  void expect_books_of(const fs::path& recording) {
    dump("SELECT exchange_ts, ticker, side, price, size_delta, ordinal FROM orderbook_deltas",
         bench_ / "deltas.tsv");
    dump("SELECT trade_id FROM trades", bench_ / "trades.tsv");
    dump(
        "SELECT snapshot_ts, occurrence, ticker, yes_bids, no_bids, anchor_ts, anchor_deltas "
        "FROM orderbook_snapshots WHERE gatherer = 'gatherer-1' AND source = 'ws'",
        bench_ / "snapshots.tsv");
    const auto folded =
        run_program({"/usr/bin/env", "python3", std::string(KD_SOURCE_DIR) + "/tests/e2e/fold.py",
                     recording, (bench_ / "deltas.tsv").parent_path()});
    EXPECT_EQ(folded.exit_code, 0) << folded.output;
    std::puts(folded.output.c_str());
  }

  Workbench bench_;
  std::unique_ptr<LocalPlatform> platform_;
};

TEST_F(PlatformTest, ARecordingOfTheSimulatorSurvivesKills) {
  const auto recording = bench_ / "recording";
  record_synthetic_world(recording);
  play_with_kills(recording);
  expect_clean_audit();
  expect_books_of(recording);
}

TEST_F(PlatformTest, RecordedProductionTrafficSurvivesKills) {
  const char* given = std::getenv("KD_SHARED");
  const fs::path shared = given != nullptr ? given : fs::path(KD_SOURCE_DIR) / ".." / "shared";
  const auto whole = shared / "data" / "kalshi-gold15m";
  if (!fs::exists(whole / "MANIFEST.csv")) GTEST_SKIP() << whole << " is not there";
  const std::set<std::string> windows = {"KXGOLD15M-26AUG101815-15", "KXGOLD15M-26AUG101900-00",
                                         "KXGOLD15M-26AUG101945-45"};
  const auto recording = bench_ / "windows";
  fs::create_directories(recording / "events");
  fs::create_directory_symlink(fs::canonical(whole / "metadata"), recording / "metadata");
  for (const auto& window : windows) {
    fs::create_directory_symlink(fs::canonical(whole / "events" / window),
                                 recording / "events" / window);
  }
  play_with_kills(recording);
  expect_clean_audit();
  expect_books_of(recording);
}

TEST_F(PlatformTest, UpRunsTheWholePlatformAndReportsThatNothingIsMissing) {
  const auto report = bench_ / "report.json";
  const std::string directory = bench_ / "var";
  const auto up = run_program({program("kalshi-data"), "up", "--for", "5s", "--rate", "2000",
                               "--markets", "60", "--dir", directory, "--report", report});
  EXPECT_EQ(up.exit_code, 0) << up.output;
  const auto flat = flatten_json(read_file(report));
  ASSERT_TRUE(flat) << flat.error().what;
  EXPECT_EQ(flat->at("clean"), "true");
  for (const auto* table : {"orderbook_deltas", "trades", "tickers"}) {
    const std::string path = std::string("tables.") + table;
    EXPECT_GT(std::atoll(flat->at(path + ".merged").c_str()), 0) << table;
    EXPECT_EQ(flat->at(path + ".missing"), "0") << table;
    EXPECT_EQ(flat->at(path + ".doubled"), "0") << table;
  }
  EXPECT_TRUE(flat->contains("latency_seconds.local.p99"));
  EXPECT_TRUE(flat->contains("latency_seconds.production.p99"));
  EXPECT_TRUE(processes_with(directory).empty());
}

TEST_F(PlatformTest, UpGoesOnWithTheSameDatabases) {
  const std::string directory = bench_ / "var";
  const std::vector<std::string> command = {program("kalshi-data"),
                                            "up",
                                            "--for",
                                            "2s",
                                            "--rate",
                                            "500",
                                            "--markets",
                                            "20",
                                            "--dir",
                                            directory};
  for (int run = 0; run < 2; ++run) {
    const auto up = run_program(command);
    EXPECT_EQ(up.exit_code, 0) << up.output;
  }
}

}  // namespace
}  // namespace kd
