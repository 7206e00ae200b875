#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app/exit_code.h"
#include "app/local_http.h"
#include "e2e/workbench.h"
#include "net/crypto.h"
#include "net/http_server.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BadInputTest : public testing::Test {
 protected:
  BadInputTest() { EXPECT_TRUE(generate_rsa_key_pair(bench_ / "g.key", bench_ / "g.pem")); }

  // A gatherer's file that is right but for what `change` says.
  struct Gatherer {
    std::string key_file{};
    std::string rest_url = "http://127.0.0.1:1/trade-api/v2";
    std::string database{};
    std::string more{};
    std::uint16_t port = 0;
  };

  std::vector<std::string> gatherer(const Gatherer& options) {
    const auto database = shared_cluster().options(options.database);
    bench_.write(
        "gatherer.yaml",
        "gatherer_id: g-1\nserver: {port: " + std::to_string(options.port) +
            "}\napi:\n  rest_url: " + options.rest_url +
            "\n  ws_url: ws://127.0.0.1:1/trade-api/ws/v2\n  key_id: g-1\n"
            "  private_key_file: " +
            options.key_file + "\n  max_retries: 0\nspill: {dir: " + (bench_ / "spill").string() +
            "}\ntape: {dir: " + (bench_ / "tape").string() + "}\n" +
            "database:\n  host: " + database.host + "\n  port: " + std::to_string(database.port) +
            "\n  name: " + (options.database.empty() ? "nothing" : options.database) + "\n" +
            options.more);
    return {program("gatherer"), "--config", bench_ / "gatherer.yaml"};
  }

  void expect_refusal(const std::vector<std::string>& command, int exit_code,
                      const std::string& text) {
    const auto outcome = run_program(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(text));
  }

  Workbench bench_;
};

TEST_F(BadInputTest, AMisspeltKeyIsNamed) {
  expect_refusal(gatherer({.key_file = bench_ / "g.key", .more = "conections: {ticker: 1}\n"}),
                 kExitUsage,
                 "gatherer.yaml:15: conections: unknown key; did you mean 'connections'");
  bench_.write("deduplicator.yaml", "gatherers: [{id: a, databse: {}}]\n");
  expect_refusal({program("deduplicator"), "--config", bench_ / "deduplicator.yaml"}, kExitUsage,
                 "deduplicator.yaml:1: gatherers[0].databse: unknown key");
}

TEST_F(BadInputTest, AWrongKeyFileIsNamed) {
  const auto database = shared_cluster().make_database("key", SchemaKind::kGatherer);
  expect_refusal(gatherer({.key_file = bench_ / "no.key", .database = database}), kExitCannotStart,
                 "no.key");
  bench_.write("text.key", "this is no key\n");
  ::chmod((bench_ / "text.key").c_str(), 0600);
  expect_refusal(gatherer({.key_file = bench_ / "text.key", .database = database}),
                 kExitCannotStart, "text.key");
  ::chmod((bench_ / "g.key").c_str(), 0644);
  expect_refusal(gatherer({.key_file = bench_ / "g.key", .database = database}), kExitCannotStart,
                 "g.key");
}

TEST_F(BadInputTest, ADatabaseWithoutMigrationsSaysWhatToRun) {
  const auto empty = shared_cluster().make_empty_database("unmigrated");
  expect_refusal(gatherer({.key_file = bench_ / "g.key",
                           .database = empty,
                           .more = "  user: " + shared_cluster().options(empty).user + "\n"}),
                 kExitCannotStart,
                 "run: kalshi-data migrate gatherer --config <the gatherer's configuration file>");
}

TEST_F(BadInputTest, AnOccupiedPortIsNamed) {
  EventLoop loop;
  HttpServer::Handlers handlers;
  handlers.request = [](const HttpRequest&) { return HttpResponse{}; };
  const auto server = HttpServer::start(loop, {}, std::move(handlers));
  ASSERT_TRUE(server) << server.error().what;
  const auto port = (*server)->port();
  const std::string named = std::to_string(port);
  const auto database = shared_cluster().make_database("port", SchemaKind::kGatherer);
  expect_refusal(gatherer({.key_file = bench_ / "g.key", .database = database, .port = port}),
                 kExitCannotStart, named);
  expect_refusal({program("exchange-sim"), "--listen", "127.0.0.1:" + named}, kExitCannotStart,
                 named);
  const std::string directory = bench_ / "var";
  expect_refusal({program("kalshi-data"), "up", "--port", named, "--dir", directory},
                 kExitCannotStart, "port " + named);
  EXPECT_TRUE(processes_with(directory).empty());
}

TEST_F(BadInputTest, AHalfWrittenRecordingIsRefusedAndNothingStaysBehind) {
  bench_.write("half/MANIFEST.csv", "KX-1,2026-08-05.ndjson.gz,2\n");
  bench_.write("half/metadata/KX.json", "{}");
  bench_.write("half/events/KX-1/2026-08-05.ndjson.gz", "\x1f\x8b\x08");
  const std::string recording = bench_ / "half";
  expect_refusal({program("exchange-sim"), "--listen", "127.0.0.1:0", "--replay", recording},
                 kExitCannotStart, "half");
  const std::string directory = bench_ / "var";
  expect_refusal({program("kalshi-data"), "up", "--replay", recording, "--dir", directory},
                 kExitCannotStart, "half");
  EXPECT_TRUE(processes_with(directory).empty());
}

TEST_F(BadInputTest, AnUnreachableDatabaseIsNamed) {
  expect_refusal({program("kalshi-data"), "migrate", "gatherer", "--url",
                  "postgres://nobody@127.0.0.1:1/nothing"},
                 kExitCannotStart, "127.0.0.1:1");
  bench_.write("g.yaml",
               "gatherer_id: g-1\nserver: {port: 0}\n"
               "api: {key_id: g-1, private_key_file: " +
                   (bench_ / "g.key").string() + "}\nspill: {dir: s}\ntape: {dir: t}\n" +
                   "database: {host: 127.0.0.1, port: 1}\n");
  expect_refusal({program("gatherer"), "--config", bench_ / "g.yaml"}, kExitCannotStart,
                 "127.0.0.1:1/kalshi_ts");
}

TEST_F(BadInputTest, AWrongCommandLineIsAUsageError) {
  EXPECT_EQ(run_program({program("kalshi-data")}).exit_code, kExitUsage);
  EXPECT_EQ(run_program({program("kalshi-data"), "upp"}).exit_code, kExitUsage);
  expect_refusal({program("kalshi-data"), "up", "--for", "soon"}, kExitUsage, "--for: 'soon'");
  expect_refusal({program("kalshi-data"), "up", "--gatherers", "0"}, kExitUsage, "--gatherers");
  expect_refusal({program("kalshi-data"), "migrate", "gatherer", "--config", "/nowhere"},
                 kExitUsage, "/nowhere");
}

TEST_F(BadInputTest, TheNearestKnownWordIsNamed) {
  expect_refusal({program("kalshi-data"), "upp"}, kExitUsage,
                 "kalshi-data: unknown command 'upp'; did you mean 'up'?\n");
  expect_refusal({program("kalshi-data"), "up", "--frsh"}, kExitUsage,
                 "kalshi-data up: unknown option '--frsh'; did you mean '--fresh'?\n");
  expect_refusal({program("kalshi-data"), "migrate", "gatherer", "--confg", "x"}, kExitUsage,
                 "did you mean '--config'?\nrun 'kalshi-data migrate gatherer --help'");
}

TEST_F(BadInputTest, ADirectoryIsNoConfigurationFile) {
  expect_refusal({program("gatherer"), "--config", bench_ / "."}, kExitUsage, "is a directory");
  expect_refusal({program("kalshi-data"), "migrate", "production", "--config", bench_ / "."},
                 kExitUsage, "is a directory");
}

TEST_F(BadInputTest, UpLooksAtRecordingAndReportBeforeItStartsAnything) {
  const std::string directory = bench_ / "var";
  bench_.write("other/file", "");
  expect_refusal({program("kalshi-data"), "up", "--replay", bench_ / "other", "--dir", directory},
                 kExitCannotStart, "is no recording");
  expect_refusal({program("kalshi-data"), "up", "--for", "1s", "--report",
                  bench_ / "nowhere" / "r.json", "--dir", directory},
                 kExitUsage, "--report: cannot write");
  EXPECT_FALSE(fs::exists(directory));
}

TEST_F(BadInputTest, AnotherSchemaIsNotMigrated) {
  const auto database = shared_cluster().make_database("other_schema", SchemaKind::kGatherer);
  const auto options = shared_cluster().options(database);
  bench_.write("d.yaml", "gatherers: [{id: a}]\nproduction: {host: " + options.host +
                             ", port: " + std::to_string(options.port) + ", name: " + database +
                             ", user: " + options.user + "}\n");
  expect_refusal({program("kalshi-data"), "migrate", "production", "--config", bench_ / "d.yaml"},
                 kExitCannotStart, "holds a gatherer schema, not a production schema");
}

TEST_F(BadInputTest, CheckConfigReadsTheKeyFile) {
  bench_.write("text.key", "this is no key\n");
  ::chmod((bench_ / "text.key").c_str(), 0600);
  auto command = gatherer({.key_file = bench_ / "text.key"});
  command.push_back("--check-config");
  expect_refusal(command, kExitCannotStart,
                 "expected the private half, PKCS#1 or PKCS#8 PEM, as downloaded");
}

TEST_F(BadInputTest, EveryProgramTellsItsVersion) {
  for (const auto* name : {"gatherer", "deduplicator", "kalshi-data", "exchange-sim"}) {
    const auto outcome = run_program({program(name), "--version"});
    EXPECT_EQ(outcome.exit_code, kExitOk) << name;
    EXPECT_THAT(
        outcome.output,
        testing::ContainsRegex(std::string(name) +
                               " [0-9.]+ \\(commit ([0-9a-f]+|unknown), built 20[0-9T:Z-]+\\)"));
  }
}

}  // namespace
}  // namespace kd
