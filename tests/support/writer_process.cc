#include "support/writer_process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/silent_log.h"

namespace kd {
namespace {

BatchQueues make_queues(ByteBudget& budget, ExchangeClock& clock, DropLog& drops) {
  BatchQueues queues;
  for (const auto table : kAllTables) {
    queues[index_of(table)] = std::make_unique<BatchQueue>(table, budget, clock, drops);
  }
  return queues;
}

}  // namespace

WriterSite::WriterSite(PgCluster& pg, const std::string& name)
    : cluster(pg),
      database(pg.make_database(name, SchemaKind::kGatherer)),
      directory(std::filesystem::path(testing::TempDir()) /
                fmt::format("kd-writer-{}-{}", ::getpid(), database)) {
  std::filesystem::create_directories(directory);
}

WriterSite::~WriterSite() {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

std::string WriterSite::out_of_order() {
  return ask(
      "SELECT count(*) FROM (SELECT size_delta, lag(size_delta) OVER (ORDER BY position) AS before "
      "FROM orderbook_deltas) t WHERE before > size_delta");
}

std::string WriterSite::deltas() {
  return ask(
      "SELECT count(*) || '/' || count(DISTINCT size_delta) || '/' || max(size_delta) "
      "FROM orderbook_deltas");
}

std::size_t WriterSite::files() const {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const bool rows =
        entry.path().extension() == ".spill" && entry.file_size() > kSpillFileHeaderBytes;
    files += rows ? 1U : 0U;
  }
  return files;
}

WriterProcess::WriterProcess(WriterSite& where, std::int64_t memory_bytes)
    : site(where),
      budget(memory_bytes),
      drops(metrics, silent_logger(), [this](const Dropped& dropped) { tell(dropped); }),
      queues(make_queues(budget, clock, drops)),
      gate(queues, drops, 1) {
  spill_options.directory = site.directory;
  spill_options.max_bytes = std::int64_t{1} << 30;
  spill_options.high_watermark_percent = 100;
  spill_options.ledger_reserve_bytes = 1 << 16;
}

TableWriter::Options WriterProcess::writer_options(Table table) const {
  return {.table = table,
          .batch_rows = 500,
          .batch_bytes = 1 << 20,
          .flush_interval = std::chrono::milliseconds(1),
          .database = site.cluster.options(site.database, "gatherer"),
          .clock = wall_now,
          .clock_wait = std::chrono::seconds(60)};
}

void WriterProcess::open_spill() {
  if (spill != nullptr) return;
  auto opened = Spill::open(spill_options, {queues, budget, drops}, metrics, silent_logger());
  ASSERT_TRUE(opened) << opened.error().what;
  spill = *std::move(opened);
  spill->start();
}

void WriterProcess::start(TableWriter::Options options) {
  open_spill();
  const auto table = options.table;
  auto& first = spill->fifo(Table::kLedger);
  auto& writer = writers[index_of(table)];
  writer = std::make_unique<TableWriter>(
      std::move(options),
      TableWriter::Parts{.queue = queue(table),
                         .spill = spill->fifo(table),
                         .exchange_clock = clock,
                         .drops = drops,
                         .first = table == Table::kLedger ? nullptr : &first},
      metrics, silent_logger(),
      TableWriter::Hooks{.give_up = [](const Error& error) { ADD_FAILURE() << error.what; },
                         .reject =
                             [this](const std::string& reason, std::string_view) {
                               const MutexLock lock(mutex_);
                               rejected.push_back(reason);
                             },
                         .settled = [this] { gate.settled(); }});
  writer->start();
}

void WriterProcess::start_all() {
  clock.note(to_us(wall_now()));
  for (const auto table : kAllTables) start(writer_options(table));
}

bool WriterProcess::finish(std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  bool complete = true;
  drops.flush();
  for (const auto table : kAllTables) {
    if (writers[index_of(table)] == nullptr) continue;
    queue(table).close();
    complete = writer(table).finish(deadline) && complete;
  }
  return spill->finish() && complete;
}

void WriterProcess::push_deltas(int count) {
  RowBatch batch;
  for (int i = 0; i < count; ++i) {
    ++pushed;
    append_delta(batch,
                 {.ticker = "A",
                  .side = Side::kYes,
                  .price = *Price::from_raw(43'000),
                  .change = Size(pushed),
                  .time = {.at = micros_from_ms(1'000), .finer = {}}},
                 {}, {.stream_id = 1, .seq = pushed, .received = {}, .sending = {}});
  }
  queue(Table::kOrderbookDeltas).push(batch);
}

double WriterProcess::written(Table table) {
  return metrics.counter("writer_inserts_total", "", {{"writer", std::string(name_of(table))}})
      .value();
}

double WriterProcess::dropped(Table table) {
  return metrics.counter("writer_dropped_rows_total", "", {{"writer", std::string(name_of(table))}})
      .value();
}

std::vector<Dropped> WriterProcess::losses() {
  const MutexLock lock(mutex_);
  return told_;
}

void WriterProcess::tell(const Dropped& dropped) {
  {
    const MutexLock lock(mutex_);
    told_.push_back(dropped);
  }
  RowBatch batch;
  append_ledger(batch, {.at = wall_now(),
                        .stream_id = 0,
                        .connection = 0,
                        .sid = {},
                        .channel = Channel::kOrderbook,
                        .event = "drop",
                        .from = dropped.from,
                        .to = dropped.to,
                        .count = static_cast<std::int64_t>(dropped.rows),
                        .reason = dropped.reason,
                        .tickers = {}});
  queue(Table::kLedger).push(batch);
}

}  // namespace kd
