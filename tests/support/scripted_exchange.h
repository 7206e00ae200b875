#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/http_server.h"

namespace kd {

// An exchange that does what a test tells it, on a loopback socket with a thread of its own: for
// what the simulator is too well-behaved to do. Scripts run on that thread.
class ScriptedExchange {
 public:
  // One accepted WebSocket.
  struct Socket {
    std::shared_ptr<WsPeer> peer;
    std::vector<std::string> received;  // texts, in order
  };
  struct Script {
    std::function<HttpResponse(const HttpRequest&)> rest;
    int upgrade_status = 101;  // otherwise every upgrade is refused with it
    std::function<void(Socket&, std::string_view)> on_text;
    bool deflate = false;                                             // agree to permessage-deflate
    std::function<void(const std::shared_ptr<Socket>&)> on_socket{};  // a new one
  };

  explicit ScriptedExchange(Script script);
  ~ScriptedExchange();

  // Runs on the exchange's thread; returns when it is done.
  void run(const std::function<void()>& work);
  // From the next upgrade on.
  void refuse_upgrades(int status) { upgrade_status_ = status; }
  void accept_upgrades() { upgrade_status_ = 101; }

  std::string rest_url() const;
  std::string ws_url() const;
  // How many upgrades were asked for so far; requests as "METHOD target".
  std::size_t upgrades() const;
  std::vector<std::string> requests() const;

 private:
  Script script_;
  std::atomic<int> upgrade_status_;
  EventLoop loop_;
  std::unique_ptr<HttpServer> server_;
  mutable Mutex mutex_;
  std::size_t upgrades_ KD_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> requests_ KD_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace kd
