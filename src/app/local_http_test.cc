#include "app/local_http.h"

#include <gmock/gmock.h>

#include <thread>

#include "net/http_server.h"

namespace kd {
namespace {

TEST(LocalHttpTest, ReadsAnAnswerAndNoticesThePort) {
  EventLoop loop;
  HttpServer::Handlers handlers;
  handlers.request = [](const HttpRequest& request) {
    HttpResponse response;
    response.status = request.target == "/health" ? 503 : 404;
    response.body = request.method + " " + request.target;
    return response;
  };
  const auto server = HttpServer::start(loop, {}, std::move(handlers));
  ASSERT_TRUE(server) << server.error().what;
  const auto port = (*server)->port();
  std::jthread thread([&] { loop.run(); });
  const auto answer = local_http("POST", port, "/health");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "POST /health");
  EXPECT_FALSE(local_port_is_free(port));
  loop.stop();
}

TEST(LocalHttpTest, NobodyListensOnAFreePort) {
  const auto port = free_local_port();
  ASSERT_TRUE(port) << port.error().what;
  EXPECT_TRUE(local_port_is_free(*port));
  EXPECT_FALSE(local_http("GET", *port, "/health"));
}

}  // namespace
}  // namespace kd
