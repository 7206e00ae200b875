#include "net/http_server.h"

#include <strings.h>

#include <utility>

#include "net/byte_stream.h"
#include "net/http_connection.h"

namespace kd {

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(EventLoop& loop, const Options& options, Handlers handlers)
      : service(std::make_shared<HttpService>(loop, options, std::move(handlers))), sweep(loop) {}

  void adopt(std::unique_ptr<ByteStream> stream) {
    if (service->stopped) return;
    connections.push_back(std::make_shared<HttpConnection>(service, std::move(stream)));
    connections.back()->start();
  }

  void sweep_later() {
    sweep.after(std::chrono::seconds(1), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->sweep_now();
    });
  }

  void sweep_now() {
    const auto now = HttpConnection::Clock::now();
    for (const auto& connection : connections) connection->check(now);
    std::erase_if(connections, [](const auto& connection) { return connection->finished(); });
    sweep_later();
  }

  void stop() {
    service->stopped = true;
    acceptor->stop();
    sweep.cancel();
    for (const auto& connection : connections) connection->abort();
    connections.clear();
  }

  std::shared_ptr<HttpService> service;
  Timer sweep;
  std::unique_ptr<StreamAcceptor> acceptor;
  std::vector<std::shared_ptr<HttpConnection>> connections;
};

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { impl_->stop(); }

Expected<std::unique_ptr<HttpServer>> HttpServer::start(EventLoop& loop, const Options& options,
                                                        Handlers handlers) {
  auto impl = std::make_shared<Impl>(loop, options, std::move(handlers));
  auto adopt = [weak = std::weak_ptr(impl)](std::unique_ptr<ByteStream> stream) {
    if (const auto self = weak.lock()) self->adopt(std::move(stream));
  };
  KD_TRY(impl->acceptor, StreamAcceptor::listen(loop, options, std::move(adopt)));
  impl->sweep_later();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->acceptor->port(); }

}  // namespace kd
