#include "app/gatherer_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "app/connect_options.h"
#include "database/migrations.h"
#include "database/storage_engine.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kDatabaseWait{10};  // at start, for a server that is coming up
constexpr std::int64_t kUsualBytes = 1 << 20;      // of spill, that a short hiccup leaves
constexpr std::chrono::seconds kFlushWait{12};
// Of a database that hangs; within the 30 s of a stop.
constexpr std::chrono::seconds kAnswerWait{10};

WriterConfig writer_config(const GathererConfig& config, Table table) {
  switch (table) {
    case Table::kTrades:
      return config.writers.trades;
    case Table::kOrderbookDeltas:
      return config.writers.orderbook_deltas;
    case Table::kOrderbookSnapshots:
      return config.writers.orderbook_snapshots;
    case Table::kTickers:
      return config.writers.tickers;
    default:
      return {};  // evidence and lifecycle: few rows, the default batch
  }
}

Channel channel_of(Table table) {
  switch (table) {
    case Table::kTrades:
      return Channel::kTrade;
    case Table::kTickers:
      return Channel::kTicker;
    case Table::kLifecycleEvents:
      return Channel::kLifecycle;
    case Table::kQuarantine:
    case Table::kWatermarks:
      return Channel::kOther;
    default:  // a lost ledger row may have told of a hole in the books
      return Channel::kOrderbook;
  }
}

}  // namespace

std::size_t batch_rows_of(const GathererConfig& config, Table table) {
  return static_cast<std::size_t>(writer_config(config, table).batch_size);
}

GathererStore::GathererStore(const GathererConfig& config, MetricsRegistry& metrics, Logger log,
                             std::function<void(const Error&)> give_up)
    : config_(config),
      metrics_(metrics),
      log_(std::move(log)),
      give_up_(std::move(give_up)),
      rejected_rows_(metrics.counter("router_quarantined_total", "frames kept raw in quarantine",
                                     {{"reason", "rejected_row"}})),
      budget_(config.writers.memory_limit_bytes),
      drops_(metrics, log_, [this](const Dropped& dropped) { note_drop(dropped); }) {
  for (const auto table : kAllTables) {
    queues_[index_of(table)] =
        std::make_unique<BatchQueue>(table, budget_, exchange_clock_, drops_);
  }
}

Expected<void> GathererStore::start() {
  KD_DO(make_spill());
  for (const auto table : kAllTables) make_writer(table);
  gate_ = std::make_unique<WatermarkGate>(queues_, drops_,
                                          static_cast<std::size_t>(config_.connections.io_threads));
  KD_DO(note_start());
  spill_->start();
  for (auto& writer : writers_) writer->start();
  return {};
}

Expected<void> GathererStore::check_database() const {
  const auto until = std::chrono::steady_clock::now() + kDatabaseWait;
  for (;;) {
    auto connection = Connection::connect(connect_options(config_.database, "kalshi gatherer"));
    if (connection) {
      KD_DO(require_schema(**connection, SchemaKind::kGatherer));
      return require_engine(**connection, config_.database.engine);
    }
    const bool hopeless = connection.error().remedy == Remedy::kGiveUp;
    if (hopeless || std::chrono::steady_clock::now() > until) {
      return fail(Remedy::kGiveUp, connection.error().what +
                                       " (check the section `database` of the configuration "
                                       "and that the server runs)");
    }
    std::this_thread::sleep_for(500ms);
  }
}

// Where the evidence of the last process ends: nothing is proven from there on until now.
Expected<void> GathererStore::note_start() {
  KD_TRY(const auto connection,
         Connection::connect(connect_options(config_.database, "kalshi gatherer")));
  KD_TRY(const auto rows,
         connection->query("SELECT max(until) FROM (SELECT proven_until FROM watermarks ORDER BY "
                           "position DESC LIMIT 64) last, unnest(last.proven_until) AS until"));
  const auto proven = int_at(rows.at(0), 0);
  KD_TRY(last_end_, find_last_end(*connection));
  auto event = process_event("start", wall_now());
  if (proven) event.from = micros_from_us(*proven);
  note(event);
  return {};
}

Expected<GathererStore::LastEnd> GathererStore::find_last_end(Connection& connection) const {
  std::error_code absent;
  if (std::filesystem::remove(stop_mark(), absent)) return LastEnd::kStopped;
  KD_TRY(const auto last, connection.query("SELECT position FROM ledger WHERE event = 'start' "
                                           "ORDER BY position DESC LIMIT 1"));
  if (last.empty()) return LastEnd::kNone;
  KD_TRY(const auto flipped,
         connection.query("SELECT FROM ledger WHERE position > $1 AND event = 'close' AND reason "
                          "LIKE 'flipped leg%' LIMIT 1",
                          {std::to_string(int_at(last.at(0), 0).value_or(0))}));
  return flipped.empty() ? LastEnd::kKilled : LastEnd::kFlipped;
}

Expected<void> GathererStore::make_spill() {
  Spill::Options options;
  options.directory = config_.spill.dir;
  options.max_bytes = config_.spill.max_bytes;
  options.high_watermark_percent = config_.retention.disk_high_watermark_percent;
  for (const auto table : kAllTables) {
    options.spill_after[index_of(table)] =
        std::max<std::chrono::milliseconds>(2s, 4 * writer_config(config_, table).flush_interval);
  }
  options.watched = {{"spill", config_.spill.dir}, {"tape", config_.tape.dir}};
  KD_TRY(spill_, Spill::open(std::move(options), {queues_, budget_, drops_}, metrics_, log_));
  return {};
}

void GathererStore::make_writer(Table table) {
  constexpr std::int64_t kMostBatchBytes = 4 << 20;
  const auto sizes = writer_config(config_, table);
  auto connect =
      connect_options(config_.database, fmt::format("kalshi gatherer {}", name_of(table)));
  connect.answer_timeout = kAnswerWait;
  writers_[index_of(table)] = std::make_unique<TableWriter>(
      TableWriter::Options{.table = table,
                           .batch_rows = static_cast<std::size_t>(sizes.batch_size),
                           .batch_bytes = static_cast<std::size_t>(
                               std::min(kMostBatchBytes, config_.writers.memory_limit_bytes / 64)),
                           .flush_interval = sizes.flush_interval,
                           .database = std::move(connect),
                           .clock = wall_now,
                           .clock_wait = 5s},
      TableWriter::Parts{
          .queue = *queues_[index_of(table)],
          .spill = spill_->fifo(table),
          .exchange_clock = exchange_clock_,
          .drops = drops_,
          .first = table == Table::kLedger ? nullptr : &spill_->fifo(Table::kLedger)},
      metrics_, log_,
      TableWriter::Hooks{.give_up = give_up_,
                         .reject = [this](const std::string& reason,
                                          std::string_view row) { quarantine(reason, row); },
                         .settled = [this] { gate_->settled(); }});
}

void GathererStore::note(const LedgerEvent& event) {
  RowBatch batch;
  append_ledger(batch, event);
  metrics_
      .counter("ledger_rows_total", "ledger rows by event", {{"reason", std::string(event.event)}})
      .add();
  push(Table::kLedger, batch);
}

void GathererStore::note_drop(const Dropped& dropped) {
  auto event = process_event("drop", wall_now());
  event.channel = channel_of(dropped.table);
  event.from = dropped.from;
  // A lost ledger row may have told of an end: nothing is proven from there on.
  if (dropped.table != Table::kLedger) event.to = dropped.to;
  event.count = static_cast<std::int64_t>(dropped.rows);
  event.reason = dropped.reason;
  note(event);
}

void GathererStore::quarantine(const std::string& reason, std::string_view bytes) {
  RowBatch batch;
  append_quarantine(batch, wall_now(), reason, bytes);
  rejected_rows_.add();
  push(Table::kQuarantine, batch);
}

// Written last of all; absent after a kill.
std::filesystem::path GathererStore::stop_mark() const {
  return std::filesystem::path(config_.spill.dir) / "stopped";
}

bool GathererStore::finish() {
  const auto written_by = std::chrono::steady_clock::now() + kFlushWait;
  bool complete = true;
  for (const auto table : kAllTables) {  // the last ones take what the others reject and prove
    queues_[index_of(table)]->close();
    writers_[index_of(table)]->await_done(written_by);
  }
  for (auto& writer : writers_) writer->request_stop();  // a database that hangs, hangs for all
  for (auto& writer : writers_) complete = writer->finish(written_by) && complete;
  complete = spill_->finish() && complete;
  std::ofstream(stop_mark()) << "stopped in order\n";
  if (!complete) log_.error("rows were lost in the end", {kv("waiting_bytes", budget_.used())});
  if (spill_->bytes() > 0) {
    log_.warn("rows wait on disk for the next start", {kv("bytes", spill_->bytes())});
  }
  return complete;
}

ComponentHealth GathererStore::database_health() const {
  std::size_t connected = 0;
  for (const auto& writer : writers_) connected += writer->connected() ? 1U : 0U;
  // A writer connects with its first batch: a table without rows has no session yet.
  return {.status = connected > 0 ? "healthy" : "degraded",
          .detail = connected > 0 ? "" : "nothing written yet, or no connection",
          .figures = {{"sessions", static_cast<double>(connected)},
                      {"waiting_bytes", static_cast<double>(budget_.used())}}};
}

ComponentHealth GathererStore::spill_health() const {
  const auto bytes = static_cast<double>(spill_->bytes());
  const auto most = static_cast<double>(config_.spill.max_bytes);
  const bool waits = bytes > static_cast<double>(kUsualBytes);
  return {.status = bytes / most > 0.9 ? "unhealthy"
                    : waits            ? "degraded"
                                       : "healthy",
          .detail = bytes > 0 ? "rows wait on disk: the database is slow or down" : "",
          .figures = {{"waiting_bytes", bytes}, {"most_bytes", most}}};
}

}  // namespace kd
