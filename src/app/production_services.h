#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "api/rest_client.h"
#include "backfill/trade_backfill.h"
#include "base/log.h"
#include "book/verifier.h"
#include "config/options.h"
#include "coverage/keeper.h"
#include "database/maintenance.h"
#include "dedup/deduplicator.h"
#include "metadata/metadata_sync.h"
#include "metrics/registry.h"

namespace kd {

// What a deduplicator does beside merging, each on a thread and a session of its own, and only
// while it leads: series, events and markets; trades that no gatherer has; the check of REST
// books; the proof of coverage; the upkeep of partitions.
class ProductionServices {
 public:
  // What is passed in must outlive it.
  ProductionServices(const DeduplicatorConfig& config, const Deduplicator& deduplicator,
                     MetricsRegistry& metrics, const Logger& log);
  ~ProductionServices();
  ProductionServices(const ProductionServices&) = delete;
  ProductionServices& operator=(const ProductionServices&) = delete;

  // The error is a key that cannot be used.
  Expected<void> start();
  void request_stop();  // does not wait
  void stop();
  // Before a scrape.
  void publish_metrics();

 private:
  Expected<void> make_rest();
  void make_metadata();
  void make_backfill();
  void make_verifier();
  void make_coverage();
  void make_maintenance();
  ConnectOptions production() const;
  // As the deduplicator says; now, while we lead and have reached no gatherer for a while, so that
  // a hole grows while none records. Asked by one thread.
  std::optional<std::int64_t> settled_for_coverage();

  const DeduplicatorConfig& config_;
  const Deduplicator& deduplicator_;
  MetricsRegistry& metrics_;
  const Logger log_;
  std::optional<std::chrono::steady_clock::time_point> alone_since_;
  std::unique_ptr<RestClient> rest_;
  std::unique_ptr<MetadataSync> metadata_;
  std::unique_ptr<TradeBackfill> backfill_;
  std::unique_ptr<BookVerifier> verifier_;
  std::unique_ptr<CoverageKeeper> coverage_;
  std::unique_ptr<Maintenance> maintenance_;
};

}  // namespace kd
