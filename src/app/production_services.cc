#include "app/production_services.h"

#include <algorithm>

#include "app/api_client.h"
#include "app/connect_options.h"
#include "app/coverage_answer.h"
#include "app/maintenance_metrics.h"
#include "app/storage_options.h"
#include "base/time.h"

namespace kd {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{15};  // below the 30 s a stop may take
constexpr std::chrono::seconds kAlone{15};          // a gatherer may be back soon

}  // namespace

ProductionServices::ProductionServices(const DeduplicatorConfig& config,
                                       const Deduplicator& deduplicator, MetricsRegistry& metrics,
                                       const Logger& log)
    : config_(config), deduplicator_(deduplicator), metrics_(metrics), log_(log) {}

ProductionServices::~ProductionServices() { stop(); }

Expected<void> ProductionServices::start() {
  // Of several shards the first one does what is not divided.
  const bool first = config_.shard.index == 0;
  if (first) {
    KD_DO(make_rest());
    make_metadata();
    make_backfill();
    make_coverage();
    make_maintenance();
  }
  make_verifier();
  return {};
}

void ProductionServices::request_stop() {
  if (metadata_) metadata_->request_stop();
  if (backfill_) backfill_->request_stop();
  if (verifier_) verifier_->request_stop();
  if (coverage_) coverage_->request_stop();
}

void ProductionServices::stop() {
  request_stop();
  if (metadata_) metadata_->stop();
  if (backfill_) backfill_->stop();
  if (verifier_) verifier_->stop();
  if (coverage_) coverage_->stop();
  if (maintenance_) maintenance_->stop();
}

ConnectOptions ProductionServices::production() const {
  auto options = connect_options(config_.production, "kalshi " + config_.deduplicator_id);
  options.answer_timeout = kAnswerTimeout;
  return options;
}

std::optional<std::int64_t> ProductionServices::settled_for_coverage() {
  const auto settled = deduplicator_.settled_until_us();
  const auto status = deduplicator_.status();
  const auto& connected = status.gatherer_connected;
  if (settled || !status.leader || std::ranges::find(connected, true) != connected.end()) {
    alone_since_.reset();
    return settled;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!alone_since_) alone_since_ = now;
  if (now - *alone_since_ < kAlone) return std::nullopt;
  return to_us(wall_now());
}

Expected<void> ProductionServices::make_rest() {
  KD_TRY(auto signer, signer_of(config_.api));
  rest_ = make_rest_client(config_.api, std::move(signer), metrics_, log_);
  learn_budget(config_.api, *rest_);
  return {};
}

void ProductionServices::make_metadata() {
  MetadataSync::Options options;
  options.production = production();
  options.interval = config_.metadata.sync_interval;
  options.leads = [this] { return deduplicator_.leads(); };
  metadata_ =
      std::make_unique<MetadataSync>(std::move(options), *rest_, metrics_, log_.with("metadata"));
  metadata_->start();
}

void ProductionServices::make_backfill() {
  if (!config_.backfill.trades) return;
  TradeBackfill::Options options;
  options.production = production();
  options.leads = [this] { return deduplicator_.leads(); };
  options.settled_until_us = [this] { return deduplicator_.settled_until_us(); };
  backfill_ =
      std::make_unique<TradeBackfill>(std::move(options), *rest_, metrics_, log_.with("backfill"));
  backfill_->start();
}

void ProductionServices::make_verifier() {
  BookVerifier::Options options;
  options.production = production();
  options.shard = {.index = config_.shard.index, .count = config_.shard.count};
  options.leads = [this] { return deduplicator_.leads(); };
  options.settled_until_us = [this] { return deduplicator_.settled_until_us(); };
  options.coverage = coverage_answer;
  verifier_ = std::make_unique<BookVerifier>(std::move(options), metrics_, log_.with("verifier"));
  verifier_->start();
}

void ProductionServices::make_coverage() {
  CoverageKeeper::Options options;
  options.production = production();
  options.leads = [this] { return deduplicator_.leads(); };
  options.settled_until_us = [this] { return settled_for_coverage(); };
  coverage_ = std::make_unique<CoverageKeeper>(std::move(options), metrics_, log_.with("coverage"));
  coverage_->start();
}

void ProductionServices::make_maintenance() {
  maintenance_ = std::make_unique<Maintenance>(
      maintenance_of(config_, [this] { return deduplicator_.leads(); }), log_.with("maintenance"));
  maintenance_->start();
}

void ProductionServices::publish_metrics() {
  if (maintenance_) publish_maintenance(maintenance_->status(), metrics_);
}

}  // namespace kd
