#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/sim_app.h"
#include "net/crypto.h"
#include "net/ws_client.h"
#include "sim/synthetic_world.h"

namespace kd {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{60};  // only ends a hang

// A logger that says nothing.
class Silence final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

// exchange-sim in a thread of its own, with TLS, one known key and one that is not.
class SimServerTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_sim_server_test_" + std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_ + "/keys");
    ASSERT_TRUE(generate_rsa_key_pair(dir_ + "/key", dir_ + "/keys/key-1.pem"));
    ASSERT_TRUE(generate_rsa_key_pair(dir_ + "/stranger", dir_ + "/stranger.pem"));
    options_.tls_dir = dir_ + "/tls";
    options_.server.auth.keys_dir = dir_ + "/keys";
    options_.synthetic = {20, 0, 500, 1, 0};
  }
  void TearDown() override {
    if (app_) {
      app_->stop();
      thread_.join();
    }
    std::filesystem::remove_all(dir_);
  }

  void start() {
    auto app = SimApp::create(options_, Logger(std::make_shared<Silence>(), "test"));
    ASSERT_TRUE(app) << app.error().what;
    app_ = std::move(*app);
    thread_ = std::thread([this] { EXPECT_TRUE(app_->run()); });
  }

  WsClient::Options signed_by(const std::string& key_file, const std::string& id,
                              std::chrono::milliseconds clock_error = {}) {
    const auto key = SigningKey::load_pem(dir_ + "/" + key_file);
    const auto now = std::chrono::system_clock::now().time_since_epoch() + clock_error;
    const std::string stamp =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    WsClient::Options options;
    options.url = "wss://127.0.0.1:" + std::to_string(app_->port()) + "/trade-api/ws/v2";
    options.ca_file = dir_ + "/tls/ca.pem";
    options.headers = {{"KALSHI-ACCESS-KEY", id},
                       {"KALSHI-ACCESS-TIMESTAMP", stamp},
                       {"KALSHI-ACCESS-SIGNATURE", key->sign(stamp + "GET/trade-api/ws/v2")}};
    return options;
  }

  // Connects, sends `commands`, and returns what came until `enough` said so or the end came.
  struct Talk {
    bool opened = false;
    std::vector<std::string> texts;
    std::optional<WsEnd> end;
    bool deflated = false;
  };
  Talk talk(const WsClient::Options& options, const std::vector<std::string>& commands,
            const std::function<bool(const Talk&)>& enough) {
    Talk talk;
    EventLoop loop;
    Timer deadline(loop);
    deadline.after(kDeadline, [&] {
      ADD_FAILURE() << "nothing more came";
      loop.stop();
    });
    std::shared_ptr<WsClient> client;
    WsClient::Handlers handlers;
    handlers.on_open = [&] {
      talk.opened = true;
      for (const std::string& command : commands) client->send(command);
      if (enough(talk)) loop.stop();
    };
    handlers.on_text = [&](std::string_view text, Micros) {
      talk.texts.emplace_back(text);
      if (enough(talk)) loop.stop();
    };
    handlers.on_end = [&](const WsEnd& end) {
      talk.end = end;
      loop.stop();
    };
    client = WsClient::open(loop, options, std::move(handlers));
    loop.run();
    talk.deflated = client->deflates();
    client->abandon();
    return talk;
  }
  static bool opened(const Talk& talk) { return talk.opened; }

  void expect_refused(const WsClient::Options& options, int status) {
    const Talk refused = talk(options, {}, opened);
    EXPECT_FALSE(refused.opened);
    ASSERT_TRUE(refused.end);
    EXPECT_EQ(refused.end->kind, WsEnd::Kind::kRefused);
    EXPECT_EQ(refused.end->code, status);
  }

  std::string dir_;
  SimOptions options_;
  std::unique_ptr<SimApp> app_;
  std::thread thread_;
};

TEST_F(SimServerTest, StreamsOverTlsToASignedClientWithoutAHoleInSeq) {
  start();
  const Talk got = talk(signed_by("key", "key-1"),
                        {R"({"id":1,"cmd":"subscribe","params":{"channels":["trade","ticker"]}})",
                         R"({"id":2,"cmd":"list_subscriptions"})"},
                        [](const Talk& so_far) { return so_far.texts.size() > 200; });
  ASSERT_GT(got.texts.size(), 200U);
  EXPECT_THAT(got.texts[0], HasSubstr(R"("channel":"trade","sid":1)"));
  EXPECT_THAT(got.texts[1], HasSubstr(R"("channel":"ticker","sid":2)"));
  EXPECT_THAT(got.texts[2], HasSubstr(R"("msg":[{"channel":"trade","sid":1})"));
  int next = 1;
  for (const std::string& text : got.texts) {
    if (!text.starts_with(R"({"type":"trade")")) continue;
    EXPECT_THAT(text, HasSubstr("\"seq\":" + std::to_string(next++) + ","));
  }
  EXPECT_GT(next, 5);
}

TEST_F(SimServerTest, CompressesForAClientThatOffersItAndForNoOther) {
  options_.server.http.deflate = true;
  start();
  WsClient::Options client = signed_by("key", "key-1");
  for (const bool offers : {true, false}) {
    client.deflate = offers;
    const Talk got = talk(client, {R"({"id":1,"cmd":"subscribe","params":{"channels":["trade"]}})"},
                          [](const Talk& so_far) { return so_far.texts.size() > 100; });
    EXPECT_EQ(got.deflated, offers);
    ASSERT_GT(got.texts.size(), 100U);
    int next = 1;
    for (std::size_t i = 1; i < got.texts.size(); ++i) {
      EXPECT_THAT(got.texts[i], HasSubstr("\"seq\":" + std::to_string(next++) + ","));
    }
  }
}

TEST_F(SimServerTest, RefusesTheUpgradeWithoutValidCredentials) {
  start();
  WsClient::Options anonymous = signed_by("key", "key-1");
  anonymous.headers.clear();
  expect_refused(anonymous, 401);
  expect_refused(signed_by("stranger", "key-1"), 401);
  expect_refused(signed_by("key", "nobody"), 401);
  expect_refused(signed_by("key", "key-1", std::chrono::seconds(-20)), 401);
  expect_refused(signed_by("key", "key-1", std::chrono::seconds(20)), 401);
}

TEST_F(SimServerTest, WithoutKeysAnyKeyIdIsBelievedButNotNone) {
  options_.server.auth.keys_dir.clear();
  start();
  WsClient::Options anonymous = signed_by("key", "key-1");
  anonymous.headers.clear();
  expect_refused(anonymous, 401);
  WsClient::Options unsigned_client = signed_by("key", "anybody");
  unsigned_client.headers.resize(1);
  EXPECT_TRUE(talk(unsigned_client, {}, opened).opened);
}

TEST_F(SimServerTest, RefusesAnotherAuthority) {
  start();
  ASSERT_TRUE(make_throwaway_ca(dir_ + "/other"));
  WsClient::Options options = signed_by("key", "key-1");
  options.ca_file = dir_ + "/other/ca.pem";
  const Talk refused = talk(options, {}, opened);
  EXPECT_FALSE(refused.opened);
  ASSERT_TRUE(refused.end);
  EXPECT_EQ(refused.end->kind, WsEnd::Kind::kUnreachable);
}

TEST_F(SimServerTest, OneConnectionTooManyIsAnsweredBy429) {
  options_.server.connections_per_user = 1;
  start();
  EventLoop loop;
  Timer deadline(loop);
  deadline.after(kDeadline, [&] { loop.stop(); });
  std::optional<WsEnd> second_end;
  std::shared_ptr<WsClient> second;
  WsClient::Handlers second_handlers;
  second_handlers.on_open = [] {};
  second_handlers.on_text = [](std::string_view, Micros) {};
  second_handlers.on_end = [&](const WsEnd& end) {
    second_end = end;
    loop.stop();
  };
  WsClient::Handlers first_handlers = second_handlers;
  first_handlers.on_open = [&] {
    second = WsClient::open(loop, signed_by("key", "key-1"), second_handlers);
  };
  const auto first = WsClient::open(loop, signed_by("key", "key-1"), first_handlers);
  loop.run();
  first->abandon();
  ASSERT_TRUE(second_end);
  EXPECT_EQ(second_end->code, 429);
}

TEST_F(SimServerTest, WaitsForItsClientAndTellsTheTruthAboutIt) {
  options_.truth_file = dir_ + "/truth.tsv";
  options_.expect_clients = 1;
  options_.synthetic.markets = 1;
  start();
  const std::string all = R"({"id":1,"cmd":"subscribe","params":{"channels":["trade"]}})";
  const std::string book_of_all =
      R"({"id":2,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":[")";
  const auto ticker = [this] {
    sim::World world;
    sim::SyntheticWorld made(world, options_.synthetic, sim::real_now_ms());
    return world.market(made.make_first_markets().front()).ticker;
  }();
  const Talk got = talk(signed_by("key", "key-1"), {all, book_of_all + ticker + "\"]}}"},
                        [](const Talk& so_far) { return so_far.texts.size() > 100; });
  ASSERT_GT(got.texts.size(), 100U);
  EXPECT_THAT(got.texts[2], HasSubstr("orderbook_snapshot"));
  app_->stop();
  thread_.join();
  app_.reset();
  std::ifstream file(options_.truth_file);
  const std::string truth{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(truth, testing::StartsWith("C\t0\tkey-1\n"));
  EXPECT_THAT(truth, HasSubstr("\t" + ticker + "\t0\n")) << "the snapshot that answered";
  EXPECT_TRUE(truth.ends_with("\nE\n"));
}

}  // namespace
}  // namespace kd
