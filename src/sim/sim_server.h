#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "sim/auth.h"
#include "sim/connection.h"
#include "sim/exchange.h"
#include "sim/fault_driver.h"
#include "sim/rest_api.h"

namespace kd::sim {

// The exchange on the network: REST, WebSockets with their heartbeat, and the simulator's own
// control plane below /sim. Confined to the loop's thread.
class SimServer {
 public:
  struct Options {
    HttpServer::Options http;
    AuthOptions auth;
    RestOptions rest;
    int connections_per_user = 200;  // beyond: 429 at upgrade; 0: no limit
    int connects_per_second = 0;     // per user; beyond: 429 at upgrade; 0: no limit
    std::vector<FaultSpec> faults;   // those with `after` count from the beginning of play
    std::uint64_t seed = 1;          // of the chances that faults take
  };
  struct Control {
    std::function<std::string_view()> state;  // waiting, playing or finished
    std::function<void()> stop_emission;
  };

  static Expected<std::unique_ptr<SimServer>> start(EventLoop& loop, Exchange& exchange,
                                                    const Options& options, Logger log);
  ~SimServer();
  SimServer(const SimServer&) = delete;
  SimServer& operator=(const SimServer&) = delete;

  void control_by(Control control) { control_ = std::move(control); }
  std::uint16_t port() const { return server_->port(); }
  // Of the WebSocket that has most of them.
  std::size_t most_unsent_bytes() const;

 private:
  SimServer(EventLoop& loop, Exchange& exchange, const Options& options, Authenticator auth,
            Logger log);
  HttpResponse on_request(const HttpRequest& request);
  HttpResponse on_control(const HttpRequest& request);
  UpgradeDecision on_upgrade(const HttpRequest& request);
  bool admits(Client& client, std::int64_t now_ms) const;
  WsHandlers open(int client, std::shared_ptr<WsPeer> peer);
  void ping_later();
  void tick_later();
  void order_later_faults(std::int64_t now_ms);
  std::string status();

  Exchange& exchange_;
  const Options options_;
  Authenticator auth_;
  RestApi rest_;
  const Logger log_;
  Control control_;
  std::list<std::unique_ptr<Connection>> connections_;
  FaultDriver faults_;
  bool later_ordered_ = false;
  Timer heartbeat_;
  Timer ticker_;
  std::unique_ptr<HttpServer> server_;  // last: its handlers use the rest
};

}  // namespace kd::sim
