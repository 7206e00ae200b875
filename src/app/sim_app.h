#pragma once

#include <memory>

#include "app/sim_options.h"
#include "base/expected.h"
#include "base/log.h"
#include "net/event_loop.h"
#include "sim/exchange.h"
#include "sim/player.h"
#include "sim/sim_server.h"

namespace kd {

// exchange-sim, composed: a feed (replay or synthetic) played into the exchange, the exchange on
// the network. Built and run by one thread; stop() may be called by any.
class SimApp {
 public:
  // Everything that can refuse to start does so here.
  static Expected<std::unique_ptr<SimApp>> create(const SimOptions& options, const Logger& log);
  ~SimApp();

  // Serves until stop(); then completes truth and recording. An error ends it as well.
  Expected<void> run();
  void stop() { loop_.stop(); }

  std::uint16_t port() const { return server_->port(); }

 private:
  SimApp(const SimOptions& options, const Logger& log);
  Expected<void> open_outputs();
  Expected<void> open_replay();
  void open_synthetic();
  Expected<void> open_server();
  void open_player();

  const SimOptions options_;
  const Logger log_;
  EventLoop loop_;
  sim::Exchange exchange_;
  std::unique_ptr<sim::Feed> feed_;
  std::unique_ptr<sim::SimServer> server_;
  std::unique_ptr<sim::Player> player_;
  std::int64_t start_ms_ = 0;
  Expected<void> failure_;
};

// The command line; answers an ExitCode. Call from the main thread.
int run_exchange_sim(int argc, char** argv);

}  // namespace kd
