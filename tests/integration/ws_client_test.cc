// The WebSocket client over real sockets, against our server.
#include "net/ws_client.h"

#include <gmock/gmock.h>

#include <thread>

#include "support/eventually.h"
#include "support/scripted_exchange.h"

namespace kd {
namespace {

using Socket = ScriptedExchange::Socket;

class WsClientTest : public testing::Test {
 protected:
  ~WsClientTest() override {
    loop_.post([this] {
      if (client_ != nullptr) client_->abandon();
      loop_.stop();
    });
    if (thread_.joinable()) thread_.join();
  }

  void open(const ScriptedExchange& exchange, WsClient::Options options = {}) {
    options.url = exchange.ws_url();
    WsClient::Handlers handlers;
    handlers.on_open = [this] { open_ = true; };
    handlers.on_text = [this](std::string_view text, Micros) {
      const MutexLock lock(mutex_);
      texts_.emplace_back(text);
    };
    handlers.on_end = [this](const WsEnd& end) {
      const MutexLock lock(mutex_);
      end_ = end;
    };
    client_ = WsClient::open(loop_, std::move(options), std::move(handlers));
    thread_ = std::jthread([this] { loop_.run(); });
  }
  std::vector<std::string> texts() {
    const MutexLock lock(mutex_);
    return texts_;
  }
  std::optional<WsEnd> end() {
    const MutexLock lock(mutex_);
    return end_;
  }

  EventLoop loop_;
  std::shared_ptr<WsClient> client_;
  std::atomic<bool> open_{false};
  Mutex mutex_;
  std::vector<std::string> texts_ KD_GUARDED_BY(mutex_);
  std::optional<WsEnd> end_ KD_GUARDED_BY(mutex_);
  std::jthread thread_;
};

std::function<void(const std::shared_ptr<Socket>&)> sends(const std::string& text) {
  return [text](const auto& socket) { socket->peer->send(text); };
}

TEST_F(WsClientTest, InflatesWhatItOfferedToInflate) {
  const std::string text(100'000, 'x');
  ScriptedExchange exchange({.rest = {}, .on_text = {}, .deflate = true, .on_socket = sends(text)});
  open(exchange);
  ASSERT_TRUE(eventually([&] { return texts().size() == 1; }));
  EXPECT_EQ(texts()[0], text);
  EXPECT_TRUE(client_->deflates());
}

TEST_F(WsClientTest, OffersNothingWhenTold) {
  ScriptedExchange exchange({.rest = {}, .on_text = {}, .deflate = true, .on_socket = sends("a")});
  WsClient::Options options;
  options.deflate = false;
  open(exchange, std::move(options));
  ASSERT_TRUE(eventually([&] { return texts().size() == 1; }));
  EXPECT_FALSE(client_->deflates());
}

TEST_F(WsClientTest, WorksWithoutDeflate) {
  ScriptedExchange exchange({.rest = {}, .on_text = {}, .deflate = false, .on_socket = sends("a")});
  open(exchange);
  ASSERT_TRUE(eventually([&] { return texts().size() == 1; }));
  EXPECT_FALSE(client_->deflates());
}

TEST_F(WsClientTest, PutsFragmentsTogetherWithPingsBetweenThem) {
  ScriptedExchange exchange({.rest = {},
                             .on_text = {},
                             .deflate = false,
                             .on_socket = [](const std::shared_ptr<Socket>& socket) {
                               socket->peer->send_in_fragments("a message in pieces", 3,
                                                               "heartbeat");
                             }});
  open(exchange);
  ASSERT_TRUE(eventually([&] { return texts().size() == 1; }));
  EXPECT_EQ(texts()[0], "a message in pieces");
  EXPECT_TRUE(client_->last_ping());
}

class TooBigTest : public WsClientTest, public testing::WithParamInterface<bool> {};

TEST_P(TooBigTest, AMessageAboveTheCapEndsTheConnectionLoudly) {
  ScriptedExchange exchange({.rest = {},
                             .on_text = {},
                             .deflate = GetParam(),
                             .on_socket = sends(std::string(5'000, 'x'))});
  WsClient::Options options;
  options.max_message_bytes = 4'096;
  open(exchange, std::move(options));
  ASSERT_TRUE(eventually([&] { return end().has_value(); }));
  EXPECT_TRUE(end()->too_big) << end()->what;
  EXPECT_THAT(end()->what, testing::HasSubstr("4096"));
  EXPECT_TRUE(texts().empty());
}
INSTANTIATE_TEST_SUITE_P(PlainAndDeflated, TooBigTest, testing::Bool());

}  // namespace
}  // namespace kd
