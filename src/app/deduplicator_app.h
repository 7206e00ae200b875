#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/dedup_metrics.h"
#include "app/production_services.h"
#include "app/stop_signals.h"
#include "base/log.h"
#include "config/options.h"
#include "dedup/deduplicator.h"
#include "metrics/registry.h"
#include "net/http_server.h"

namespace kd {

// Merges all gatherers into production:
//
//   gatherer database --pages--> PageBoard --rounds--> TableMerge --> ProductionSession
//   (one reader each)            (one writer)
//
// and tells how it stands under /health and /metrics.
class DeduplicatorApp {
 public:
  DeduplicatorApp(const DeduplicatorConfig& config, Logger log);
  ~DeduplicatorApp();
  DeduplicatorApp(const DeduplicatorApp&) = delete;
  DeduplicatorApp& operator=(const DeduplicatorApp&) = delete;

  // Returns once production answers; the error says what to do.
  Expected<void> start(StopSignals& signals);
  // Returns when a signal asks to stop.
  void wait(StopSignals& signals);
  // Finishes the running round.
  void stop();

 private:
  Expected<void> listen();
  Expected<void> await_production(StopSignals& signals);
  Expected<void> start_services();
  HttpResponse answer(const HttpRequest& request);

  const DeduplicatorConfig config_;
  const Logger log_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const std::vector<std::string> gatherers_;
  MetricsRegistry registry_;
  DedupMetrics metrics_;
  Deduplicator deduplicator_;
  ProductionServices services_;
  bool stop_requested_ = false;
  EventLoop loop_;
  std::unique_ptr<HttpServer> server_;
  std::jthread server_thread_;  // last: stops before what it shows
};

}  // namespace kd
