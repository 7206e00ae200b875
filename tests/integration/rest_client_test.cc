// The REST client over real sockets, against a server that does what a test says.
#include "api/rest_client.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "support/eventually.h"
#include "support/scripted_exchange.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

RestClient::Options options_for(const std::string& url) {
  return {.base_url = url,
          .ca_file = {},
          .timeout = 10s,
          .max_retries = 0,
          .retry_backoff = 1ms,
          .tokens_per_second = 1e6,
          .bucket_capacity = 1e6};
}

class RestClientTest : public testing::Test {
 protected:
  Expected<RestAnswer> get(const HttpResponse& response, RestRequest request = {}) {
    const ScriptedExchange exchange(
        {.rest = [&](const HttpRequest&) { return response; }, .on_text = {}});
    RestClient client(options_for(exchange.rest_url()), nullptr, metrics_, silent_logger());
    request.endpoint = request.path = "/x";
    return client.get(std::move(request), {});
  }
  MetricsRegistry metrics_;
};

TEST_F(RestClientTest, EveryRefusalSaysWhatToDoAboutIt) {
  const struct {
    int status;
    Remedy remedy;
  } kCases[] = {{400, Remedy::kDropItem}, {401, Remedy::kGiveUp}, {403, Remedy::kGiveUp},
                {404, Remedy::kDropItem}, {429, Remedy::kRetry},  {500, Remedy::kRetry},
                {502, Remedy::kRetry},    {503, Remedy::kRetry},  {504, Remedy::kRetry}};
  for (const auto& one : kCases) {
    const auto answer =
        get({one.status, "application/json", R"({"error":{"message":"the reason"}})", {}});
    ASSERT_FALSE(answer) << one.status;
    EXPECT_EQ(answer.error().remedy, one.remedy) << one.status;
    EXPECT_THAT(answer.error().what, HasSubstr("the reason"));
  }
}

TEST_F(RestClientTest, WhatIsNoJsonIsNeverTakenForAnAnswer) {
  const auto html = get({200, "text/html; charset=utf-8", "<html>{\"markets\":[]}</html>", {}});
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().remedy, Remedy::kRetry);
  EXPECT_THAT(html.error().what, HasSubstr("text/html"));
  EXPECT_TRUE(get({200, "application/json; charset=utf-8", "{}", {}}));
}

TEST_F(RestClientTest, TheStatusBodyCountsWith5xxAndHtmlDoesNot) {
  RestRequest request;
  request.accept_5xx = true;
  for (const int status : {200, 500, 503, 504}) {
    const auto answer = get({status, "application/json", "{}", {}}, request);
    ASSERT_TRUE(answer) << status;
    EXPECT_EQ(answer->status, status);
  }
  EXPECT_FALSE(get({502, "application/json", "{}", {}}, request));
  EXPECT_FALSE(get({503, "text/html", "<html></html>", {}}, request));
}

TEST_F(RestClientTest, ThatThereIsNoSuchThingCanBeAnAnswer) {
  RestRequest request;
  request.accept_404 = true;
  const auto answer = get({404, "application/json", "{}", {}}, request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_FALSE(get({404, "text/html", "<html></html>", {}}, request));
  EXPECT_FALSE(get({400, "application/json", "{}", {}}, request));
}

TEST_F(RestClientTest, A429WaitsForItsTurnAgainEvenWithoutRetries) {
  std::atomic<int> calls{0};
  const ScriptedExchange exchange(
      {.rest =
           [&](const HttpRequest&) {
             return HttpResponse{calls++ == 0 ? 429 : 200, "application/json", "{}", {}};
           },
       .on_text = {}});
  RestClient client(options_for(exchange.rest_url()), nullptr, metrics_, silent_logger());
  EXPECT_TRUE(client.get("/x", "/x", {}));
  EXPECT_EQ(calls, 2);
}

TEST_F(RestClientTest, KnowsTheExchangesClock) {
  const ScriptedExchange exchange(
      {.rest =
           [](const HttpRequest&) {
             return HttpResponse{200,
                                 "application/json",
                                 "{}",
                                 {{"Date", "Sun, 22 Nov 2037 14:00:00 GMT"}, {"Age", "10"}}};
           },
       .on_text = {}});
  RestClient client(options_for(exchange.rest_url()), nullptr, metrics_, silent_logger());
  EXPECT_EQ(client.exchange_now(), std::nullopt);
  ASSERT_TRUE(client.get("/x", "/x", {}));
  const auto expected = micros_from_ms(2'142'511'210'500);
  ASSERT_TRUE(client.exchange_now());
  EXPECT_GE(*client.exchange_now(), expected);
  EXPECT_LT(*client.exchange_now(), expected + 1h);
}

TEST_F(RestClientTest, ManyThreadsShareOneBudget) {
  std::atomic<int> answered{0};
  const ScriptedExchange exchange({.rest =
                                       [&](const HttpRequest&) {
                                         ++answered;
                                         return HttpResponse{200, "application/json", "{}", {}};
                                       },
                                   .on_text = {}});
  auto options = options_for(exchange.rest_url());
  options.tokens_per_second = 0.001;
  options.bucket_capacity = 200;
  {
    RestClient client(options, nullptr, metrics_, silent_logger());
    std::vector<std::jthread> askers;
    for (int t = 0; t < 4; ++t) {
      askers.emplace_back([&](const std::stop_token& stop) {
        for (int i = 0; i < 10; ++i) client.get("/x", "/x", stop);
      });
    }
    EXPECT_TRUE(eventually([&] { return answered == 20; }));
    client.set_budget(0.001, 50);
    for (auto& asker : askers) asker.request_stop();
  }
  EXPECT_EQ(answered, 20) << "200 tokens are twenty requests";
}

// A server that accepts connections and never says anything.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, any, length), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    EXPECT_EQ(::getsockname(socket_, any, &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST_F(RestClientTest, AStopWaitsForNoAnswer) {
  const SilentServer server;
  std::promise<Expected<RestAnswer>> answer;
  {
    RestClient client(options_for(server.url()), nullptr, metrics_, silent_logger());
    client.ask({.endpoint = "/x", .path = "/x"},
               [&](Expected<RestAnswer> told) { answer.set_value(std::move(told)); });
  }
  const auto told = answer.get_future().get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().what, "stopping");
}

TEST_F(RestClientTest, OneThatNeverAnswersTimesOutAsUnreachable) {
  const SilentServer server;
  RestClient client(options_for(server.url()), nullptr, metrics_, silent_logger());
  const auto answer = client.get({.endpoint = "/x", .path = "/x", .timeout = 50ms}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, Remedy::kReconnect);
}

}  // namespace
}  // namespace kd
