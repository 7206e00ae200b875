#include "backfill/trade_backfill.h"

#include <condition_variable>
#include <mutex>

namespace kd {
namespace {

// Waits, but not for longer than until a stop is asked for.
void pause(std::chrono::milliseconds length, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, length, [] { return false; });
}

FillJob audit_job() { return {.job = std::string(kAuditJob), .selection = ""}; }

}  // namespace

TradeBackfill::TradeBackfill(Options options, RestClient& client, MetricsRegistry& metrics,
                             Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      pages_(client),
      backfilled_(metrics.counter("dedup_backfilled_trades_total",
                                  "Trades that no gatherer brought, taken from REST.")),
      audits_(metrics.counter("dedup_trade_audits_total",
                              "Windows of trades compared with the exchange's list.")),
      errors_(metrics.counter("dedup_trade_audit_errors_total",
                              "Windows of trades that could not be compared.")),
      behind_(metrics.gauge("dedup_trade_audit_behind_seconds",
                            "Age of the newest trade compared with the exchange's list.")),
      schedule_(options_.schedule) {}

TradeBackfill::~TradeBackfill() { stop(); }

void TradeBackfill::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TradeBackfill::request_stop() { thread_.request_stop(); }

void TradeBackfill::stop() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void TradeBackfill::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto more = work(stop);
    if (!more && !stop.stop_requested()) {
      errors_.add();
      log_.warn("trades cannot be compared with the exchange", {kv("error", more.error().what)});
      store_.reset();
      pause(options_.after_error, stop);
    } else if (!more || !*more) {
      pause(options_.look, stop);
    }
  }
  store_.reset();
}

// Another process may have led since: where to go on is read again with each new session.
Expected<bool> TradeBackfill::work(const std::stop_token& stop) {
  if (!options_.leads()) {
    store_.reset();
    return false;
  }
  if (store_ == nullptr) KD_DO(open());
  behind_.set(static_cast<double>(schedule_.behind(options_.now()).count()));
  const auto window = schedule_.next(settled(), options_.now());
  if (!window) return false;
  KD_DO(audit(*window, stop));
  return true;
}

Expected<void> TradeBackfill::open() {
  KD_TRY(auto store, TradeStore::open(options_.production));
  auto progress = store->furthest(audit_job());
  if (!progress) return tl::unexpected(progress.error());
  if (!*progress) {
    KD_TRY(const auto oldest, store->oldest_trade());
    const auto from = std::chrono::floor<std::chrono::seconds>(
        oldest.value_or(options_.now() - options_.schedule.lag));
    *progress = TradeStore::Progress{.from = from, .done_until = from};
  }
  started_ = (*progress)->from;
  schedule_.begin_at((*progress)->done_until);
  store_ = std::move(store);
  return {};
}

std::optional<Micros> TradeBackfill::settled() const {
  const auto us = options_.settled_until_us();
  if (!us) return std::nullopt;
  return micros_from_us(*us);
}

Expected<void> TradeBackfill::audit(const TradeWindow& window, const std::stop_token& stop) {
  TradeFill fill({.job = audit_job(), .started = started_, .ticker = ""}, pages_, *store_);
  KD_TRY(const auto counts, fill.fill(window, stop));
  schedule_.on_window(window, static_cast<std::size_t>(counts.pages));
  report(window, counts);
  return {};
}

void TradeBackfill::report(const TradeWindow& window, const FillCounts& counts) {
  audits_.add();
  backfilled_.add(static_cast<double>(counts.added));
  if (counts.added == 0 && counts.refused == 0) return;
  log_.warn("trades that no gatherer brought came from REST",
            {kv("added", counts.added), kv("known", counts.known()),
             kv("unreadable", counts.refused), kv("from_s", window.from.time_since_epoch().count()),
             kv("to_s", window.to.time_since_epoch().count())});
}

}  // namespace kd
