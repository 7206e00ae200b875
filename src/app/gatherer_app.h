#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/rest_client.h"
#include "api/signer.h"
#include "app/gatherer_lane.h"
#include "app/gatherer_store.h"
#include "app/stop_signals.h"
#include "base/interner.h"
#include "base/last_heard.h"
#include "base/log.h"
#include "base/mutex.h"
#include "config/options.h"
#include "connection/pool.h"
#include "database/maintenance.h"
#include "market/market_registry.h"
#include "metrics/health.h"
#include "metrics/registry.h"
#include "model/universe.h"
#include "net/http_server.h"
#include "poller/snapshot_poller.h"
#include "tape/tape_writer.h"
#include "writer/resync_inbox.h"

namespace kd {

// One redundant recorder of all markets, with its own database.
//
//   Registry --wanted markets--> ConnectionPool --frames--> Router (one per I/O thread) --> Tape
//       ^------- lifecycle events -------------------------------'  | rows, proofs
//   SnapshotPoller --REST books-----------------------------------> GathererStore
//
// The lines between the boxes are callbacks that this class connects; no box knows another.
class GathererApp {
 public:
  GathererApp(GathererConfig config, Logger log);
  ~GathererApp();
  GathererApp(const GathererApp&) = delete;
  GathererApp& operator=(const GathererApp&) = delete;

  // Starts in the order of the design: database, tape and spill recovery, writers, registry,
  // connections, poller, ready. The error says what to do; nothing is left running then.
  Expected<void> start();
  // Returns when a signal asks to stop, or with the reason when the gatherer cannot go on.
  std::optional<Error> wait(StopSignals& signals);
  // No new subscriptions, sockets closed, everything accepted stored, the ledger closed: within
  // 30 s. False: rows were lost.
  bool stop();

 private:
  Expected<void> load_key();
  Expected<void> serve();
  Expected<void> make_tape();
  void recover_from_tape();
  void make_rest();
  void make_lanes();
  void make_lane(std::size_t index);
  void make_pool();
  void make_registry();
  void make_poller();
  void make_inbox();
  void make_maintenance();
  Router::Options router_options(std::size_t lane);
  void connect_sessions(SessionHooks& hooks);
  void ask_legs(std::size_t lane, Router::LegQuestion question);
  void on_unreachable(const std::string& what);
  void on_flipped(const StreamPlace& place);
  void on_tape_loss(const TapeLoss& loss);
  void give_up(const Error& error);
  bool tape_disk_is_full() const;
  void publish_metrics();
  HttpResponse answer(const HttpRequest& request);
  HttpResponse debug_markets(const HttpRequest& request) const;
  HttpResponse debug_handovers(const HttpRequest& request);
  HealthReport health() const;

  const GathererConfig config_;
  const Logger log_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  MetricsRegistry metrics_;
  RouterMetrics router_metrics_{metrics_};
  Interner tickers_;
  LastHeard heard_;  // changes of the books of markets
  UniverseRules universe_;
  std::shared_ptr<const Signer> signer_;
  std::atomic<std::int64_t> next_stream_id_;
  std::atomic<bool> socket_was_open_{false};
  std::atomic<std::size_t> dials_failed_{0};
  std::atomic<std::size_t> flipped_streams_{0};
  GathererStore store_;
  std::unique_ptr<TapeWriter> tape_;
  std::vector<TapeFeed*> feeds_;  // of the tape, by lane
  std::unique_ptr<RestClient> rest_;
  std::unique_ptr<SnapshotPoller> poller_;
  std::unique_ptr<Registry> registry_;
  std::vector<std::unique_ptr<GathererLane>> lanes_;
  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<ResyncInbox> inbox_;
  std::unique_ptr<Maintenance> maintenance_;
  Mutex mutex_;
  std::optional<Error> gave_up_ KD_GUARDED_BY(mutex_);
  std::atomic<bool> ready_{false};  // everything above is made; the server's thread may look
  EventLoop server_loop_;
  std::unique_ptr<HttpServer> server_;
  std::jthread server_thread_;
};

}  // namespace kd
