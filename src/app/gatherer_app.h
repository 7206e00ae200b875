#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/rest_client.h"
#include "api/signer.h"
#include "app/gatherer_lane.h"
#include "app/stop_signals.h"
#include "base/log.h"
#include "base/mutex.h"
#include "config/options.h"
#include "connection/pool.h"
#include "market/discovery.h"
#include "metrics/health.h"
#include "metrics/registry.h"
#include "net/http_server.h"
#include "writer/table_writer.h"

namespace kd {

// One redundant recorder of all markets, with its own database.
//
//   Discovery --desired markets--> ConnectionPool --frames--> Router (one per I/O thread)
//       ^------- announced markets ------------------'           | batches
//                                                                v
//                                        BatchQueue --> TableWriter (one per table)
//
// The lines between the boxes are callbacks that this class connects; no box knows another.
class GathererApp {
 public:
  GathererApp(GathererConfig config, Logger log);
  ~GathererApp();
  GathererApp(const GathererApp&) = delete;
  GathererApp& operator=(const GathererApp&) = delete;

  // Starts in the order of the design: database, writers, connections, registry, ready. The
  // error says what to do; nothing is left running then.
  Expected<void> start();
  // Returns when a signal asks to stop, or with the reason when the gatherer cannot go on.
  std::optional<Error> wait(StopSignals& signals);
  // No new subscriptions, sockets closed, everything accepted committed: within 30 s. False:
  // rows were left behind.
  bool stop();

 private:
  Expected<void> check_database();
  Expected<void> load_key();
  Expected<void> serve();
  void make_writers();
  void make_lanes();
  void make_pool();
  void make_discovery();
  void on_unreachable(const std::string& what);
  void give_up(const Error& error);
  void reject(const std::string& reason, std::string_view row);
  HttpResponse answer(const HttpRequest& request);
  HealthReport health() const;

  const GathererConfig config_;
  const Logger log_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  MetricsRegistry metrics_;
  RouterMetrics router_metrics_{metrics_};
  std::shared_ptr<const Signer> signer_;
  ByteBudget budget_;
  NewestSending newest_sending_{0};
  std::atomic<std::int64_t> next_stream_id_;
  std::atomic<bool> socket_was_open_{false};
  std::atomic<std::size_t> dials_failed_{0};
  DialPacer dial_pacer_;
  std::array<std::unique_ptr<BatchQueue>, kAllTables.size()> queues_;
  std::array<std::unique_ptr<TableWriter>, kAllTables.size()> writers_;
  std::vector<std::unique_ptr<GathererLane>> lanes_;
  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<RestClient> rest_;
  std::unique_ptr<Discovery> discovery_;
  Mutex mutex_;
  std::optional<Error> gave_up_ KD_GUARDED_BY(mutex_);
  std::atomic<bool> ready_{false};  // everything above is made; the server's thread may look
  EventLoop server_loop_;
  std::unique_ptr<HttpServer> server_;
  std::jthread server_thread_;
};

}  // namespace kd
