#include "writer/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>

#include "base/time.h"
#include "codec/copy_row.h"
#include "writer/row_split.h"

namespace kd {
namespace {

std::string writer_lock(Table table) {
  return "kalshi gatherer writer " + std::string(name_of(table));
}

std::size_t rows_of(const std::vector<RowBatch>& batches) {
  std::size_t rows = 0;
  for (const auto& batch : batches) rows += batch.rows();
  return rows;
}

Labels labels_for(Table table) { return {{"writer", std::string(name_of(table))}}; }

Labels error_labels(Table table, const char* type) {
  return {{"writer", std::string(name_of(table))}, {"type", type}};
}

}  // namespace

TableWriter::TableWriter(Options options, BatchQueue& queue, NewestSending& newest_sending,
                         MetricsRegistry& m, Logger log, Hooks hooks)
    : options_(std::move(options)),
      queue_(queue),
      newest_sending_(newest_sending),
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
      buffer_bytes_(m.gauge("writer_buffer_bytes", "bytes waiting or being written",
                            labels_for(options_.table))) {}

TableWriter::~TableWriter() = default;

void TableWriter::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    run(stop);
    done_ = true;
    done_.notify_all();
  });
}

bool TableWriter::finish(std::chrono::steady_clock::time_point deadline) {
  while (!done_ && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const bool complete = done_;
  thread_.request_stop();
  thread_.join();
  return complete && queue_.bytes() == 0;
}

void TableWriter::run(const std::stop_token& stop) {
  std::vector<RowBatch> batches;
  while (queue_.pop(batches, options_.batch_rows, options_.flush_interval, stop)) {
    received_.add(static_cast<double>(rows_of(batches)));
    if (!write(batches, stop)) return;
    queue_.recycle(batches);
    buffer_bytes_.set(static_cast<double>(queue_.bytes()));
  }
}

bool TableWriter::write(std::vector<RowBatch>& batches, const std::stop_token& stop) {
  Attempt attempt;
  for (;;) {
    const auto done = write_once(batches, attempt);
    if (done) {
      count(batches);
      backoff_.reset();
      return true;
    }
    const auto& error = done.error();
    if (error.remedy == Remedy::kDropItem) return write_halves(batches, error, stop);
    connection_errors_.add();
    if (error.remedy == Remedy::kGiveUp && !ever_wrote_) {
      hooks_.give_up(error);
      return false;
    }
    log_.warn("writing failed, trying again",
              {kv("table", name_of(options_.table)), kv("error", error.what)});
    if (error.remedy != Remedy::kRetry) connection_.reset();
    connected_ = connection_ != nullptr;
    if (!pause(stop)) return false;
  }
}

Expected<void> TableWriter::write_once(std::vector<RowBatch>& batches, Attempt& attempt) {
  if (connection_ == nullptr || !connection_->usable()) KD_DO(connect());
  if (attempt.in_doubt) {
    KD_TRY(const bool stored, is_stored(attempt.last_position));
    attempt.in_doubt = false;
    if (stored) return {};
  }
  // The first time, or somebody else wrote here meanwhile: readers skip what comes below theirs.
  if (positions_.last() != attempt.last_position) attempt.last_position = number(batches);
  const auto began = std::chrono::steady_clock::now();
  auto done = try_write(batches);
  flush_seconds_.observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  attempt.in_doubt = !done && done.error().remedy == Remedy::kInDoubt;
  return done;
}

Expected<void> TableWriter::connect() {
  KD_TRY(auto connection, Connection::connect(options_.database));
  KD_TRY(const bool locked,
         connection->try_advisory_lock(advisory_key(writer_lock(options_.table))));
  if (!locked) {
    return fail(Remedy::kRetry, fmt::format("{}: another gatherer writes table {} here",
                                            connection->target(), name_of(options_.table)));
  }
  KD_TRY(const auto rows,
         connection->query(fmt::format("SELECT max(position) FROM {}", name_of(options_.table))));
  const auto stored = int_at(rows.at(0), 0).value_or(0);
  positions_ = Positions(std::max(stored, positions_.last()));
  KD_TRY(auto partitions, Partitions::load(*connection));
  partitions_ = std::make_unique<Partitions>(std::move(partitions));
  connection_ = std::move(connection);
  connected_ = true;
  return {};
}

std::int64_t TableWriter::number(std::vector<RowBatch>& batches) {
  for (const auto& batch : batches) {
    if (batch.newest_sending_us > newest_sending_) newest_sending_ = batch.newest_sending_us;
  }
  auto position = positions_.take(static_cast<std::int64_t>(rows_of(batches)), to_us(wall_now()),
                                  newest_sending_);
  for (auto& batch : batches) {
    for (const auto start : batch.row_starts) {
      CopyRowWriter::patch_int8(batch.bytes, start + kPositionColumn, position++);
    }
  }
  return position - 1;
}

Expected<void> TableWriter::try_write(std::vector<RowBatch>& batches) {
  const std::string table(name_of(options_.table));
  const auto last = positions_.last();
  const auto first = last - static_cast<std::int64_t>(rows_of(batches)) + 1;
  if (auto made = partitions_->ensure(*connection_, table, first, last); !made) return made;
  if (auto begun = connection_->begin(); !begun) return begun;
  for (const auto& batch : batches) {
    const auto stored =
        connection_->copy_in("COPY " + table + " FROM STDIN (FORMAT binary)", batch.bytes);
    if (!stored) {
      if (connection_->usable()) {
        if (auto undone = connection_->rollback(); !undone) return undone;
      }
      return tl::unexpected(stored.error());
    }
  }
  return connection_->commit();
}

Expected<bool> TableWriter::is_stored(std::int64_t position) {
  KD_TRY(const auto rows, connection_->query(fmt::format("SELECT 1 FROM {} WHERE position = $1",
                                                         name_of(options_.table)),
                                             {std::to_string(position)}));
  return !rows.empty();
}

void TableWriter::count(const std::vector<RowBatch>& batches) {
  ever_wrote_ = true;
  const auto rows = static_cast<double>(rows_of(batches));
  inserted_.add(rows);
  batch_size_.observe(rows);
  const auto now = to_us(wall_now());
  for (const auto& batch : batches) {
    for (const auto at : batch.exchange_us) {
      commit_latency_.observe(static_cast<double>(now - at) / 1e6);
    }
  }
}

// The database refuses some row: finds it by halving, stores the others, and lets it go.
bool TableWriter::write_halves(std::vector<RowBatch>& batches, const Error& error,
                               const std::stop_token& stop) {
  constraint_errors_.add();
  if (rows_of(batches) == 1) {
    const auto& batch = *std::ranges::find_if(batches, [](const auto& b) { return !b.empty(); });
    log_.error("a row was refused and is kept in quarantine",
               {kv("table", name_of(options_.table)), kv("error", error.what)});
    hooks_.reject(error.what, row_at(batch, 0));
    return true;
  }
  for (auto& half : split_in_halves(batches)) {
    std::vector<RowBatch> one;
    one.push_back(std::move(half));
    if (!write(one, stop)) return false;
  }
  return true;
}

bool TableWriter::pause(const std::stop_token& stop) {
  Mutex mutex;
  CondVar wake;
  const MutexLock lock(mutex);
  wake.wait_for(mutex, stop, backoff_.next(random_()), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace kd
