#include "support/scripted_exchange.h"

#include <fmt/format.h>

#include <cstdlib>
#include <future>

namespace kd {

ScriptedExchange::ScriptedExchange(Script script)
    : script_(std::move(script)), upgrade_status_(script_.upgrade_status) {
  HttpServer::Handlers handlers;
  handlers.request = [this](const HttpRequest& request) {
    {
      const MutexLock lock(mutex_);
      requests_.push_back(request.method + " " + request.target);
    }
    return script_.rest ? script_.rest(request) : HttpResponse{404, "text/plain", "", {}};
  };
  handlers.upgrade = [this](const HttpRequest&) {
    {
      const MutexLock lock(mutex_);
      ++upgrades_;
    }
    UpgradeDecision decision;
    if (const int status = upgrade_status_; status != 101) {
      decision.refusal.status = status;
      return decision;
    }
    decision.accept = [this](std::shared_ptr<WsPeer> peer) {
      auto socket = std::make_shared<Socket>(Socket{std::move(peer), {}});
      if (script_.on_socket) script_.on_socket(socket);
      WsHandlers ws;
      ws.on_text = [this, socket](std::string_view text) {
        socket->received.emplace_back(text);
        if (script_.on_text) script_.on_text(*socket, text);
      };
      ws.on_close = [socket] { socket->peer.reset(); };
      return ws;
    };
    return decision;
  };
  HttpServer::Options options;
  options.deflate = script_.deflate;
  auto server = HttpServer::start(loop_, options, std::move(handlers));
  if (!server) {
    fmt::print(stderr, "scripted exchange: {}\n", server.error().what);
    std::abort();
  }
  server_ = *std::move(server);
  thread_ = std::jthread([this] { loop_.run(); });
}

ScriptedExchange::~ScriptedExchange() { loop_.stop(); }

void ScriptedExchange::run(const std::function<void()>& work) {
  std::promise<void> done;
  loop_.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

std::string ScriptedExchange::rest_url() const {
  return fmt::format("http://127.0.0.1:{}/trade-api/v2", server_->port());
}

std::string ScriptedExchange::ws_url() const {
  return fmt::format("ws://127.0.0.1:{}/trade-api/ws/v2", server_->port());
}

std::size_t ScriptedExchange::upgrades() const {
  const MutexLock lock(mutex_);
  return upgrades_;
}

std::vector<std::string> ScriptedExchange::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

}  // namespace kd
