#include "database/maintenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "database/lock_watch.h"
#include "database/storage_engine.h"

namespace kd {
namespace {

constexpr const char* kLock = "kalshi storage maintenance";
constexpr std::chrono::minutes kLongestCompression{10};

// A stopped process, or one that is cut off, must not hold the lock for ever.
ConnectOptions with_timeouts(ConnectOptions connect, std::chrono::milliseconds interval) {
  using std::chrono_literals::operator""s;
  connect.idle_session_timeout = std::max<std::chrono::milliseconds>(5 * interval, 1s);
  connect.idle_in_transaction_timeout = 60s;
  return connect;
}

PartitionState partition_of(const SqlRow& row) {
  return {.name = text_at(row, 1),
          .from_key = int_at(row, 2).value_or(0),
          .to_key = int_at(row, 3).value_or(0),
          .rows_estimate = int_at(row, 4).value_or(0),
          .bytes = int_at(row, 5).value_or(0),
          .compressed = row.at(6) == "t",
          .finished = row.at(7) == "t"};
}

// What may be dropped, as the database's own function will see it.
Expected<std::optional<std::int64_t>> safe_before(Connection& session,
                                                  const Maintenance::Options& options,
                                                  const std::string& table) {
  if (options.kind == SchemaKind::kGatherer) {
    KD_TRY(const auto rows, session.query("SELECT kd_acknowledged($1)", {table}));
    return int_at(rows.at(0), 0);
  }
  KD_TRY(const auto rows, session.query("SELECT exported_until FROM export_progress "
                                        "WHERE table_name = $1",
                                        {table}));
  if (!rows.empty()) return int_at(rows[0], 0);
  if (options.without_export == "drop") return std::numeric_limits<std::int64_t>::max();
  return std::nullopt;
}

// From the newest partition down, since max() over the table would lock them all.
Expected<std::optional<std::int64_t>> newest_key(Connection& session, const std::string& column,
                                                 const TableState& table) {
  for (auto part = table.partitions.rbegin(); part != table.partitions.rend(); ++part) {
    KD_TRY(const auto rows,
           session.query(fmt::format("SELECT max({}) FROM {}", column, part->name)));
    if (const auto newest = int_at(rows.at(0), 0)) return newest;
  }
  return std::nullopt;
}

}  // namespace

Maintenance::Maintenance(Options options, Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      rules_{.keep = options_.keep,
             .keep_others = options_.keep_others,
             .compress_after = options_.compress_after,
             .native = true} {}

Maintenance::~Maintenance() { stop(); }

void Maintenance::start() {
  thread_ = std::jthread([this] { run(); });
}

void Maintenance::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Maintenance::Status Maintenance::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

bool Maintenance::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

void Maintenance::run() {
  while (!stopping()) {
    if (const auto done = run_round(); !done) {
      log_.warn("storage maintenance", {kv("error", done.error().what)});
    }
    mutex_.lock();
    wake_.wait_for(mutex_, options_.interval, [this]() KD_REQUIRES(mutex_) { return stopping_; });
    mutex_.unlock();
  }
  session_.reset();
}

Expected<void> Maintenance::run_round() {
  {
    const MutexLock lock(mutex_);
    status_.last_error.clear();
    status_.maintains = false;
  }
  auto done = [this]() -> Expected<void> {
    KD_TRY(const bool maintains, ready());
    if (!maintains) return {};
    KD_TRY(const auto state, look());
    carry_out(plan_maintenance(rules_, state, options_.now()));
    KD_TRY(const bool still, ready());
    if (!still) return {};
    KD_TRY(const auto after, look());
    publish(after);
    return {};
  }();
  if (!done) note(done.error());
  return done;
}

// A session that holds the lock; the server ends one that was silent for long, and then another
// is opened. False: it is not ours to do now.
Expected<bool> Maintenance::ready() {
  if (!options_.leads()) {
    session_.reset();
    return false;
  }
  if (session_ && session_->query("SELECT 1")) return true;
  session_.reset();
  KD_TRY(auto session, Connection::connect(with_timeouts(options_.connect, options_.interval)));
  KD_TRY(const bool locked, session->try_advisory_lock(advisory_key(kLock)));
  if (!locked && !told_waiting_) log_.warn("another session maintains this database");
  told_waiting_ = !locked;
  if (!locked) return false;
  KD_TRY(const auto engine, storage_engine(*session));
  rules_.native = engine == StorageEngine::kNative;
  session_ = std::move(session);
  return true;
}

Expected<StorageState> Maintenance::look() {
  KD_TRY(const auto tables, session_->query("SELECT table_name, width_us FROM kd_partitioning"));
  StorageState state;
  for (const auto& row : tables) state[text_at(row, 0)].width_us = int_at(row, 1).value_or(0);
  for (auto& [name, table] : state) KD_DO(look_at(name, table));
  return state;
}

Expected<void> Maintenance::look_at(const std::string& table, TableState& state) {
  KD_TRY(const auto rows, session_->query("SELECT * FROM kd_partitions($1)", {table}));
  for (const auto& row : rows) state.partitions.push_back(partition_of(row));
  KD_TRY(const auto key, session_->query("SELECT key_column FROM kd_partitioning "
                                         "WHERE table_name = $1",
                                         {table}));
  const auto& column = text_at(key.at(0), 0);
  state.tells_age = column == "position" || column == "exchange_ts";
  KD_TRY(state.newest_key, newest_key(*session_, column, state));
  KD_TRY(state.safe_before, safe_before(*session_, options_, table));
  return {};
}

void Maintenance::carry_out(const MaintenancePlan& plan) {
  for (const auto& wanted : plan.make) make(wanted);
  for (const auto& wanted : plan.drop) drop(wanted);
  for (const auto& wanted : plan.compress) compress(wanted);
}

void Maintenance::make(const MaintenancePlan::Make& wanted) {
  if (stopping() || !session_->usable()) return;
  const auto made = session_->query("SELECT kd_ensure_partitions($1, $2, $2)",
                                    {wanted.table, std::to_string(wanted.key)});
  if (!made) return note(made.error());
  const MutexLock lock(mutex_);
  status_.made += int_at(made->at(0), 0).value_or(0);
}

// One partition a statement, so that no lock outlives one; until none is left or one is in use.
void Maintenance::drop(const MaintenancePlan::Drop& wanted) {
  const bool gatherer = options_.kind == SchemaKind::kGatherer;
  for (;;) {
    if (stopping() || !session_->usable() || !options_.leads()) return;
    const auto before = std::to_string(wanted.before);
    const auto dropped =
        gatherer ? session_->query("SELECT kd_drop_partitions($1, $2)", {wanted.table, before})
                 : session_->query("SELECT kd_drop_partitions($1, $2, $3)",
                                   {wanted.table, before, options_.without_export});
    if (!dropped) return note(dropped.error());
    if (int_at(dropped->at(0), 0).value_or(0) == 0) return;
    log_.info("dropped a partition", {kv("table", wanted.table)});
    const MutexLock lock(mutex_);
    ++status_.dropped;
  }
}

void Maintenance::compress(const MaintenancePlan::Compress& wanted) {
  if (stopping()) return;
  const auto maintains = ready();  // silent while the last one was compressed
  if (!maintains) return note(maintains.error());
  if (!*maintains) return;
  if (const auto done = compress_watched(wanted); !done) return note(done.error());
  log_.info("compressed a partition", {kv("table", wanted.table)});
  const MutexLock lock(mutex_);
  ++status_.compressed;
}

// In a session that may be silent for long; cancelled when a writer waits for it, and at the end.
Expected<void> Maintenance::compress_watched(const MaintenancePlan::Compress& wanted) {
  auto patient = options_.connect;
  patient.answer_timeout = kLongestCompression;
  KD_TRY(const auto session, Connection::connect(patient));
  KD_TRY(const auto pid, backend_pid(*session));
  KD_TRY(const auto watch, LockWatch::start(options_.connect, pid, [this] { return stopping(); }));
  KD_DO(session->query("SELECT kd_compress_partition($1, $2)",
                       {wanted.table, std::to_string(wanted.from_key)}));
  return {};
}

void Maintenance::note(const Error& error) {
  const MutexLock lock(mutex_);
  ++status_.errors;
  status_.last_error = error.what;
}

void Maintenance::publish(const StorageState& state) {
  const auto now = options_.now();
  std::map<std::string, StorageFigures> figures;
  for (const auto& [name, table] : state) {
    figures[name] = storage_figures(rules_, name, state, now);
  }
  const MutexLock lock(mutex_);
  status_.tables = std::move(figures);
  ++status_.rounds;
  status_.last_round_at = now;
  status_.maintains = true;
}

}  // namespace kd
