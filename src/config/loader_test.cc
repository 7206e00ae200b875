#include "config/loader.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/schema.h"

namespace kd {
namespace {

using testing::HasSubstr;

constexpr const char* kLeast = R"(gatherer_id: g-1
spill: {dir: spill}
tape: {dir: tape}
api:
  key_id: abc
  private_key_file: kalshi.key
)";

std::optional<std::string> no_variable(const std::string&) { return std::nullopt; }

Expected<GathererConfig> gatherer(const std::string& yaml) {
  return parse_gatherer_config(yaml, "g.yaml", no_variable);
}
Expected<DeduplicatorConfig> deduplicator(const std::string& yaml) {
  return parse_deduplicator_config(yaml, "d.yaml", no_variable);
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(testing::TempDir() + "kd_loader_test_" + std::to_string(getpid())) {
    std::ofstream(path_) << content;
    std::filesystem::permissions(path_, std::filesystem::perms(0600));
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(LoaderTest, TheLeastFileGetsTheDocumentedDefaults) {
  const auto config = gatherer(kLeast);
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->gatherer_id, "g-1");
  EXPECT_EQ(config->api.ws_url, "wss://external-api-ws.kalshi.com/trade-api/ws/v2");
  EXPECT_EQ(config->server.port, 8080);
  EXPECT_EQ(config->connections.orderbook, 144);
  EXPECT_EQ(config->writers.orderbook_deltas.batch_size, 5000);
  EXPECT_EQ(config->database.ssl_mode, "prefer");
}

TEST(LoaderTest, AListMayBeWrittenInEveryWayYamlHas) {
  const auto config = gatherer(std::string(kLeast) +
                               "universe:\n  include: [\"series:KXBTC*\", KXETH-26NOV22]\n"
                               "  exclude:\n    - market:KXBTC-1-2\n  combos: false\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_THAT(config->universe.include, testing::ElementsAre("series:KXBTC*", "KXETH-26NOV22"));
  EXPECT_THAT(config->universe.exclude, testing::ElementsAre("market:KXBTC-1-2"));
  EXPECT_THAT(config->universe.combos, testing::ElementsAre("false"));
  EXPECT_THAT(print_config(*config), HasSubstr("include: [\"series:KXBTC*\", KXETH-26NOV22]"));
  const auto again = gatherer(std::string(kLeast) + "universe: {include: []}\n");
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_TRUE(again->universe.include.empty());
}

TEST(LoaderTest, SaysWhatIsWrongWithAList) {
  const auto with = [](const std::string& universe) {
    const auto config = gatherer(std::string(kLeast) + "universe: {" + universe + "}\n");
    return config ? "" : config.error().what;
  };
  EXPECT_THAT(with("include: [serie:KX]"),
              HasSubstr("g.yaml:7: universe.include: 'serie:KX' is not allowed; expected list, "
                        "patterns: series:GLOB"));
  EXPECT_THAT(with("include: [{a: b}]"), HasSubstr("universe.include[0]: must be a single value"));
  EXPECT_THAT(with("include: {a: b}"), HasSubstr("universe.include: must be a list"));
  EXPECT_THAT(with("combos: [books]"), HasSubstr("is not allowed; expected list, true, false"));
  EXPECT_THAT(with("includes: [A]"), HasSubstr("did you mean 'universe.include'"));
}

TEST(LoaderTest, ReadsUnitsAndAuto) {
  const auto config = gatherer(std::string(kLeast) +
                               "  timeout: 2m\n  read_tokens_per_second: 12.5\n"
                               "writers: {memory_limit: 64MiB, trades: {flush_interval: 50ms}}\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->api.timeout, std::chrono::minutes(2));
  EXPECT_EQ(config->api.read_tokens_per_second, 12.5);
  EXPECT_EQ(config->writers.memory_limit_bytes, 64LL << 20);
  EXPECT_EQ(config->writers.trades.flush_interval, std::chrono::milliseconds(50));
}

TEST(LoaderTest, APasswordKeepsItsCharacters) {
  const std::string password = "a$b\"c:#";
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "DB_PASSWORD") return password;
    return std::nullopt;
  };
  const std::string yaml = std::string(kLeast) + "database: {password: \"${DB_PASSWORD}\"}\n";
  const auto config = parse_gatherer_config(yaml, "g.yaml", environment);
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->database.password, password);
}

TEST(LoaderTest, ASecretMayStandInAFile) {
  const TemporaryFile file("a$b\"c:#\n");
  const auto config =
      gatherer(std::string(kLeast) + "database: {password_file: " + file.path() + "}\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->database.password, "a$b\"c:#");
}

TEST(LoaderTest, ARootCertificateAloneMeansVerifyFull) {
  const std::string gatherers = "gatherers: [{id: g-1}]\n";
  auto config = deduplicator(gatherers + "production: {ssl_root_cert: ca.pem}\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->production.ssl_mode, "verify-full");
  config = deduplicator(gatherers + "production: {ssl_root_cert: ca.pem, ssl_mode: require}\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->production.ssl_mode, "require");
}

TEST(LoaderTest, ReadsEveryGatherer) {
  const auto config = deduplicator(
      "gatherers:\n  - id: a\n    database: {host: db-a}\n"
      "  - id: b\n    database: {url: postgres://u:p@db-b/kalshi}\n");
  ASSERT_TRUE(config) << config.error().what;
  ASSERT_EQ(config->gatherers.size(), 2U);
  EXPECT_EQ(config->gatherers[0].database.host, "db-a");
  EXPECT_EQ(config->gatherers[0].database.user, "dedup_reader");
  EXPECT_EQ(config->gatherers[0].database.ssl_mode, "require");
  EXPECT_EQ(config->gatherers[1].database.url, "postgres://u:p@db-b/kalshi");
}

struct BadFile {
  const char* yaml;  // follows kLeast, whose last line is 4
  const char* what;
};

class InvalidGathererTest : public testing::TestWithParam<BadFile> {};

TEST_P(InvalidGathererTest, IsRefusedWithFileLineKeyAndWhatIsAllowed) {
  const auto config = gatherer(std::string(kLeast) + GetParam().yaml);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(config.error().what, HasSubstr(GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(
    Table, InvalidGathererTest,
    testing::Values(
        BadFile{"  timeut: 3s\n", "g.yaml:7: api.timeut: unknown key; did you mean 'api.timeout'?"},
        BadFile{"conections: {ticker: 1}\n",
                "g.yaml:7: conections: unknown key; did you mean 'connections'?"},
        BadFile{"zzzzzzzzzz: 1\n", "g.yaml:7: zzzzzzzzzz: unknown key"},
        BadFile{"server: {port: eighty}\n",
                "g.yaml:7: server.port: 'eighty' is not allowed; expected integer, 0 to 65535"},
        BadFile{"server: {port: 70000}\n", "server.port: '70000' is not allowed"},
        BadFile{"server: {port: 80.5}\n", "server.port: '80.5' is not allowed"},
        BadFile{"server: {port: [80]}\n", "server.port: must be a single value"},
        BadFile{"server: {host: \"\"}\n",
                "server.host: '' is not allowed; expected text, not empty"},
        BadFile{"server: 8080\n", "server: must be a section with keys below it"},
        BadFile{"server: {host: }\n", "server.host: has no value"},
        BadFile{"  timeout: 30\n", "api.timeout: '30' is not allowed; expected duration"},
        BadFile{"  timeout: 1ms\n", "api.timeout: '1ms' is not allowed"},
        BadFile{"  rest_url: ftp://x\n", "expected URL, begins with https:// or http://"},
        BadFile{"  read_share: 0\n", "api.read_share: '0' is not allowed; expected number"},
        BadFile{"  read_share: nan\n", "api.read_share: 'nan' is not allowed"},
        BadFile{"  key_id: again\n", "g.yaml:7: api.key_id: given twice"},
        BadFile{"  key_id_file: x\n", "api.key_id_file: cannot be given together with api.key_id"},
        BadFile{"logging: {level: loud}\n", "expected choice, debug, info, warn or error"},
        BadFile{"metrics: {enabled: yes}\n", "expected flag, true or false"},
        BadFile{"metrics: {path: /health}\n", "metrics.path: '/health' is not allowed"},
        BadFile{"writers: {memory_limit: 12MB}\n", "writers.memory_limit: '12MB' is not allowed"},
        BadFile{"writers: {trades: {batch_size: 0}}\n", "writers.trades.batch_size: '0'"},
        BadFile{"database: {password: \"\"}\n", "database.password: the value is not allowed"},
        BadFile{"database: {password_file: /nowhere/at/all}\n",
                "database.password_file: the file '/nowhere/at/all' cannot be read"},
        BadFile{"database: {password: \"${DB_PASSWORD:?ask the operator}\"}\n",
                "g.yaml:7: database.password: environment variable DB_PASSWORD: ask the operator"},
        BadFile{"database: {url: \"postgres://h/d\", host: h}\n",
                "database.host: cannot be given together with database.url"},
        BadFile{"database: {ssl_mode: maybe}\n", "database.ssl_mode: 'maybe' is not allowed"},
        BadFile{"connections: {max_backoff: 1ms}\n",
                "connections.initial_backoff: must not be above connections.max_backoff"},
        BadFile{"connections: {ticker: 0, trade: 0, lifecycle: 0, orderbook: 0}\n",
                "connections.orderbook: no connection at all"},
        BadFile{"connections: {ticker: -1}\n", "connections.ticker: '-1' is not allowed"},
        BadFile{"server: [\n", "g.yaml:8: not valid YAML"}));

TEST(LoaderTest, RefusesAFileWithoutTheRequiredKeys) {
  EXPECT_THAT(gatherer("").error().what, HasSubstr("g.yaml: gatherer_id: required key is missing"));
  EXPECT_THAT(gatherer("gatherer_id: g\n").error().what,
              HasSubstr("api.key_id: required key is missing"));
  EXPECT_THAT(gatherer("gatherer_id: a b\n").error().what,
              HasSubstr("g.yaml:1: gatherer_id: 'a b'"));
  EXPECT_THAT(gatherer("- a\n").error().what, HasSubstr("not a mapping"));
}

TEST(LoaderTest, RefusesGatherersThatCannotBe) {
  EXPECT_THAT(deduplicator("").error().what, HasSubstr("at least one gatherer is required"));
  EXPECT_THAT(deduplicator("gatherers: []\n").error().what, HasSubstr("at least one gatherer"));
  EXPECT_THAT(deduplicator("gatherers: {id: a}\n").error().what, HasSubstr("gatherers"));
  EXPECT_THAT(deduplicator("gatherers: [{}]\n").error().what,
              HasSubstr("gatherers[0].id: required key is missing"));
  EXPECT_THAT(deduplicator("gatherers: [a]\n").error().what,
              HasSubstr("gatherers[0]: must be a section"));
  EXPECT_THAT(deduplicator("gatherers: [{id: a}, {id: a}]\n").error().what,
              HasSubstr("d.yaml:1: gatherers[1].id: 'a' is given twice"));
  EXPECT_THAT(deduplicator("gatherers: [{id: a, databse: {}}]\n").error().what,
              HasSubstr("did you mean 'gatherers[0].database'?"));
}

TEST(LoaderTest, SaysThatAFileCannotBeRead) {
  EXPECT_THAT(load_gatherer_config("/nowhere/g.yaml").error().what,
              HasSubstr("/nowhere/g.yaml: cannot be read"));
}

TEST(LoaderTest, AShardIsOneOfItsCount) {
  const auto config = gatherer(std::string(kLeast) + "shard: {index: 2, count: 2}\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().what, HasSubstr("shard.index: must be below shard.count"));
}

TEST(LoaderTest, ADeduplicatorsKeyNeedsItsFile) {
  const auto config = deduplicator("gatherers: [{id: g-1}]\napi: {key_id: abc}\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().what, HasSubstr("api.key_id: needs api.private_key_file"));
}

TEST(LoaderTest, TradesMayBeKeptForEver) {
  auto config = deduplicator("gatherers: [{id: g-1}]\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_FALSE(config->retention.trades);
  config = deduplicator("gatherers: [{id: g-1}]\nretention: {trades: 365d}\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->retention.trades, std::chrono::hours(24 * 365));
}

// A key that the loader accepted and dropped would be a key without effect.
TEST(LoaderTest, EveryKeyReachesItsField) {
  GathererConfig gatherer_config;
  DeduplicatorConfig deduplicator_config;
  deduplicator_config.gatherers.resize(1);
  for (auto schema : {schema_of(gatherer_config), schema_of(deduplicator_config)}) {
    for (const auto& key : schema) {
      const std::string before = key.get();
      const auto changes = [&](const char* value) { return key.set(value) && key.get() != before; };
      const char* const kValues[] = {
          "17",    "0.5",       "17s",    "17MiB",          "true",
          "warn",  "text",      "allow",  "postgres://h/x", "https://h/x",
          "false", "wss://h/x", "native", "drop",           "17h"};
      EXPECT_TRUE(std::any_of(std::begin(kValues), std::end(kValues), changes)) << key.path;
    }
  }
}

}  // namespace
}  // namespace kd
