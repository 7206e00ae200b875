#include "writer/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace kd {
namespace {

Labels labels_for(Table table) { return {{"writer", std::string(name_of(table))}}; }

Labels error_labels(Table table, const char* type) {
  return {{"writer", std::string(name_of(table))}, {"type", type}};
}

}  // namespace

TableWriter::TableWriter(Options options, Parts parts, MetricsRegistry& m, Logger log, Hooks hooks)
    : options_(std::move(options)),
      parts_(parts),
      log_(std::move(log)),
      hooks_(std::move(hooks)),
      received_(m.counter("writer_messages_received_total", "rows taken over by a writer",
                          labels_for(options_.table))),
      inserted_(m.counter("writer_inserts_total", "rows committed", labels_for(options_.table))),
      connection_errors_(m.counter("writer_errors_total", "failed transactions",
                                   error_labels(options_.table, "connection"))),
      constraint_errors_(m.counter("writer_errors_total", "failed transactions",
                                   error_labels(options_.table, "constraint"))),
      batch_size_(m.histogram("writer_batch_size", "rows per transaction",
                              {10, 50, 100, 500, 1000, 5000, 20000}, labels_for(options_.table))),
      flush_seconds_(m.histogram("writer_flush_duration_seconds", "COPY and commit",
                                 {.001, .005, .01, .05, .1, .5, 1, 5}, labels_for(options_.table))),
      commit_latency_(m.histogram("writer_commit_latency_seconds", "exchange time to commit",
                                  commit_latency_buckets(), labels_for(options_.table))),
      session_(options_.table, options_.database, options_.clock, parts_.exchange_clock) {}

TableWriter::~TableWriter() = default;

void TableWriter::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    run(stop);
    const MutexLock lock(mutex_);
    done_ = true;
    done_changed_.notify_all();
  });
}

void TableWriter::await_done(std::chrono::steady_clock::time_point deadline) {
  const MutexLock lock(mutex_);
  done_changed_.wait_until(mutex_, deadline, [this]() KD_REQUIRES(mutex_) { return done_; });
}

void TableWriter::request_stop() { thread_.request_stop(); }

bool TableWriter::finish(std::chrono::steady_clock::time_point deadline) {
  await_done(deadline);
  thread_.request_stop();
  thread_.join();
  return !lost_;
}

void TableWriter::run(const std::stop_token& stop) {
  if (parts_.first != nullptr) parts_.first->await_leftovers(stop);
  std::vector<QueuedBatch> batches;
  while (next(batches, stop)) {
    if (!write(batches, stop)) return;
  }
}

bool TableWriter::next(std::vector<QueuedBatch>& batches, const std::stop_token& stop) {
  for (;;) {
    const auto source = parts_.queue.pop(batches,
                                         {.rows = options_.batch_rows,
                                          .bytes = options_.batch_bytes,
                                          .wait = options_.flush_interval},
                                         stop);
    if (source == BatchQueue::Source::kMemory) return true;
    if (source != BatchQueue::Source::kDisk || !read_spill(batches, stop)) return false;
    if (!batches.empty()) return true;
    parts_.queue.disk_is_empty();
    hooks_.settled();
  }
}

bool TableWriter::read_spill(std::vector<QueuedBatch>& batches, const std::stop_token& stop) {
  const auto read = [&]() -> Expected<void> {
    if (!std::exchange(placed_, true) && parts_.spill.has_leftovers()) {
      parts_.spill.start_at(session_.progress());
    }
    KD_TRY(batches, parts_.spill.read(options_.batch_rows, options_.batch_bytes));
    parts_.queue.count(batches);
    return {};
  };
  return insist([&] { return session_.ready(); }, stop) && insist(read, stop) &&
         insist([&] { return skip_stored(batches); }, stop);
}

// An earlier process may have stored rows that it then left here: its last COMMIT had no answer.
Expected<void> TableWriter::skip_stored(std::vector<QueuedBatch>& batches) {
  for (auto& batch : batches) {
    if (batch.in_doubt_position == 0) continue;
    KD_DO(session_.ready());
    KD_TRY(const bool stored, session_.is_stored(batch.in_doubt_position));
    if (stored) batch.first_row = batch.rows.rows();
    batch.in_doubt_position = 0;
  }
  return {};
}

bool TableWriter::write(std::vector<QueuedBatch>& batches, const std::stop_token& stop) {
  WritePlan plan(batches, {.rows = options_.batch_rows, .bytes = options_.batch_bytes});
  const bool from_disk = batches.front().spilled.has_value();
  for (const auto& batch : batches) received_.add(static_cast<double>(batch.rows.rows()));
  WriterSession::Attempt attempt;
  while (!plan.done()) {
    const auto stored = store(plan, attempt, stop);
    if (stored) {
      count(plan.part());
      plan.stored();
    } else if (stored.error().remedy == Remedy::kDropItem) {
      constraint_errors_.add();
      if (plan.refused()) {
        reject(plan, stored.error());
        plan.stored();
      }
    } else {
      if (wait_out(stored.error(), stop)) continue;
      keep(batches, plan, attempt);
      return false;
    }
    attempt = {};
  }
  parts_.queue.settle(batches);
  if (from_disk) parts_.spill.dealt_with();
  hooks_.settled();
  return true;
}

Expected<void> TableWriter::store(const WritePlan& plan, WriterSession::Attempt& attempt,
                                  const std::stop_token& stop) {
  KD_DO(session_.ready());
  connected_ = true;
  tell_vanished();
  await_exchange_clock(stop);
  const auto began = std::chrono::steady_clock::now();
  auto done = session_.store(plan.part(), attempt, plan.place_behind_part());
  flush_seconds_.observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return done;
}

// What was proven stays proven of what production has; of the rest nobody knows how much it was.
void TableWriter::tell_vanished() {
  const auto vanished = session_.take_vanished();
  if (!vanished) return;
  log_.error("rows that were stored are gone: the database was replaced or restored",
             {kv("table", name_of(options_.table)), kv("from_us", to_us(vanished->from))});
  parts_.drops.note({.table = options_.table,
                     .rows = 1,
                     .from = vanished->from,
                     .to = vanished->to,
                     .reason = "the database was replaced or restored"});
  parts_.drops.flush();
}

void TableWriter::await_exchange_clock(const std::stop_token& stop) {
  if (std::exchange(clock_waited_, true)) return;
  const auto deadline = std::chrono::steady_clock::now() + options_.clock_wait;
  if (parts_.exchange_clock.await(deadline, stop)) return;
  log_.warn("the exchange has not told its time: rows are numbered behind those stored",
            {kv("table", name_of(options_.table))});
}

// The database refuses this one row, whatever is tried: it is kept in quarantine, and the ledger
// says that its table lacks it.
void TableWriter::reject(const WritePlan& plan, const Error& error) {
  log_.error("a row was refused and is kept in quarantine",
             {kv("table", name_of(options_.table)), kv("error", error.what)});
  const auto& range = plan.part().front();
  hooks_.reject(error.what, bytes_of(range));
  parts_.drops.note({.table = options_.table,
                     .rows = 1,
                     .from = micros_from_us(range.batch->oldest_exchange_us),
                     .to = micros_from_us(range.batch->newest_exchange_us),
                     .reason = "refused by the database"});
  parts_.drops.flush();
}

void TableWriter::count(const RowRanges& rows) {
  ever_wrote_ = true;
  backoff_.reset();
  const auto stored = static_cast<double>(rows_in(rows));
  inserted_.add(stored);
  batch_size_.observe(stored);
  const auto now = to_us(options_.clock());
  for (const auto& range : rows) {
    for (const auto at : range.batch->exchange_us) {
      commit_latency_.observe(static_cast<double>(now - at) / 1e6);
    }
    range.batch->exchange_us.clear();  // its other rows may follow in another transaction
  }
}

void TableWriter::keep(std::vector<QueuedBatch>& batches, const WritePlan& plan,
                       const WriterSession::Attempt& attempt) {
  if (!batches.front().spilled) {
    const auto kept =
        parts_.spill.put_first(batches, plan.rest(), attempt.in_doubt ? attempt.last_position : 0);
    if (!kept) {
      lost_ = true;
      log_.error("rows could not be kept for the next start",
                 {kv("table", name_of(options_.table)), kv("error", kept.error().what)});
      for (const auto& batch : batches) parts_.drops.note(options_.table, batch.rows);
    }
  }
  parts_.queue.forget(batches);
}

bool TableWriter::insist(const std::function<Expected<void>()>& act, const std::stop_token& stop) {
  for (;;) {
    const auto done = act();
    if (done) return true;
    if (!wait_out(done.error(), stop)) return false;
  }
}

bool TableWriter::wait_out(const Error& error, const std::stop_token& stop) {
  connection_errors_.add();
  if (error.remedy == Remedy::kGiveUp && !ever_wrote_) {
    hooks_.give_up(error);
    return false;
  }
  log_.warn("writing failed, trying again",
            {kv("table", name_of(options_.table)), kv("error", error.what)});
  if (error.remedy != Remedy::kRetry) session_.disconnect();
  connected_ = session_.connected();
  Mutex mutex;
  CondVar wake;
  const MutexLock lock(mutex);
  wake.wait_for(mutex, stop, backoff_.next(random_()), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace kd
