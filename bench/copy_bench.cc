// Rows per second into a gatherer's orderbook_deltas, through BatchQueue and TableWriter, beside
// the limit: raw binary COPY of the same rows into the same table. Durable commits, as in life.
// And the detour: rows per second to the spill files, and from there into the table.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "codec/copy_row.h"
#include "codec/gatherer_rows.h"
#include "database/local_cluster.h"
#include "database/migrations.h"
#include "database/partitions.h"
#include "support/silent_log.h"
#include "writer/spill.h"
#include "writer/table_writer.h"

namespace {

using namespace kd;

constexpr int kBatchRows = 5'000;
constexpr int kTickers = 20'000;

// A durable cluster with a migrated database, for all benchmarks of the program.
class Database {
 public:
  Database() {
    directory_ = std::filesystem::temp_directory_path() / fmt::format("kd-bench-{}", ::getpid());
    std::filesystem::create_directories(directory_);
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    LocalClusterOptions options;
    options.directory = directory_ / "pg";
    options.dies_with_parent = true;
    cluster_ = must(LocalCluster::open(std::move(options)));
    must(cluster_->start());
    must(ensure_database(*cluster_, "bench"));
    auto admin = must(Connection::connect(cluster_->connect_options("bench")));
    must(migrate(*admin, SchemaKind::kGatherer));
  }
  ~Database() {
    cluster_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  ConnectOptions options() const { return cluster_->connect_options("bench"); }
  std::filesystem::path spill_directory() const {
    std::filesystem::create_directories(directory_ / "spill");
    return directory_ / "spill";
  }

  template <typename T>
  static T must(Expected<T> result) {
    if (!result) {
      fmt::print(stderr, "copy_bench: {}\n", result.error().what);
      std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<LocalCluster> cluster_;
};

Database& database() {
  static Database instance;
  return instance;
}

RowBatch delta_batch(std::int64_t& made) {
  RowBatch batch;
  for (int i = 0; i < kBatchRows; ++i, ++made) {
    const auto ticker = fmt::format("KXBENCH-26NOV22-T{}", made % kTickers);
    append_delta(batch,
                 {.ticker = ticker,
                  .side = made % 3 == 0 ? Side::kYes : Side::kNo,
                  .price = *Price::from_cents(made % 100),
                  .change = Size(made % 1'000),
                  .time = {.at = micros_from_ms(1'795'356'000'000 + made / 20), .finer = {}}},
                 {}, {.stream_id = 1, .seq = made, .received = wall_now(), .sending = {}});
  }
  return batch;
}

void BM_LimitRawCopy(benchmark::State& state) {
  auto connection = Database::must(Connection::connect(database().options()));
  auto partitions = Database::must(Partitions::load(*connection));
  std::int64_t made = 0;
  auto position = to_us(wall_now());
  for (auto _ : state) {
    state.PauseTiming();
    auto batch = delta_batch(made);
    for (const auto start : batch.row_starts) {
      CopyRowWriter::patch_int8(batch.bytes, start + kPositionColumn, ++position);
    }
    state.ResumeTiming();
    Database::must(partitions.ensure(*connection, "orderbook_deltas", position, position));
    Database::must(connection->begin());
    Database::must(
        connection->copy_in("COPY orderbook_deltas FROM STDIN (FORMAT binary)", batch.bytes));
    Database::must(connection->commit());
  }
  state.SetItemsProcessed(made);
}
BENCHMARK(BM_LimitRawCopy)->Iterations(200)->UseRealTime()->Unit(benchmark::kMillisecond);

// A queue with its spill and its writer, on the durable cluster.
class Writing {
 public:
  explicit Writing(std::chrono::milliseconds spill_after) {
    for (const auto table : kAllTables) {
      queues_[index_of(table)] = std::make_unique<BatchQueue>(table, budget_, clock_, drops_);
    }
    clock_.note(to_us(wall_now()));
    Spill::Options options;
    options.directory = database().spill_directory();
    options.max_bytes = std::int64_t{8} << 30;
    options.spill_after.fill(spill_after);
    spill_ = Database::must(
        Spill::open(std::move(options), {queues_, budget_, drops_}, metrics_, silent_logger()));
    writer_ = std::make_unique<TableWriter>(
        TableWriter::Options{.table = Table::kOrderbookDeltas,
                             .batch_rows = kBatchRows,
                             .batch_bytes = 4 << 20,
                             .flush_interval = std::chrono::milliseconds(100),
                             .database = database().options(),
                             .clock = wall_now,
                             .clock_wait = std::chrono::seconds(5)},
        TableWriter::Parts{.queue = queue(),
                           .spill = fifo(),
                           .exchange_clock = clock_,
                           .drops = drops_,
                           .first = nullptr},
        metrics_, silent_logger(),
        TableWriter::Hooks{
            .give_up = [](const Error& error) { fmt::print(stderr, "{}\n", error.what); },
            .reject = [](const std::string&, std::string_view) {},
            .settled = [] {}});
    spill_->start();
  }

  BatchQueue& queue() { return *queues_[index_of(Table::kOrderbookDeltas)]; }
  SpillFifo& fifo() { return spill_->fifo(Table::kOrderbookDeltas); }
  std::int64_t waiting_bytes() { return queue().load({}).waiting_bytes; }
  bool settled() { return queue().settled() == queue().pushed(); }
  void start() { writer_->start(); }
  void finish() {
    queue().close();
    writer_->finish(std::chrono::steady_clock::now() + std::chrono::seconds(60));
    spill_->finish();
  }

 private:
  MetricsRegistry metrics_;
  ByteBudget budget_{256 << 20};
  ExchangeClock clock_;
  DropLog drops_{metrics_, silent_logger(), [](const Dropped&) {}};
  BatchQueues queues_;
  std::unique_ptr<Spill> spill_;
  std::unique_ptr<TableWriter> writer_;
};

void BM_WriterCopy(benchmark::State& state) {
  Writing writing(std::chrono::seconds(2));
  writing.start();
  std::int64_t made = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto batch = delta_batch(made);
    state.ResumeTiming();
    writing.queue().push(batch);
    while (!writing.settled()) std::this_thread::yield();  // until it is committed
  }
  state.SetItemsProcessed(made);
  writing.finish();
}
BENCHMARK(BM_WriterCopy)->Iterations(200)->UseRealTime()->Unit(benchmark::kMillisecond);

constexpr int kSpilledBatches = 200;

// One pass takes all rows from memory to disk.
void BM_SpillToDisk(benchmark::State& state) {
  std::int64_t made = 0;
  SpillSpace space({.max_bytes = std::int64_t{8} << 30, .high_watermark_percent = 100});
  MetricsRegistry metrics;
  DropLog drops(metrics, silent_logger(), [](const Dropped&) {});
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<QueuedBatch> batches(1);
    batches[0].rows = delta_batch(made);
    auto fifo = Database::must(SpillFifo::open({.directory = database().spill_directory(),
                                                .table = Table::kTrades,
                                                .segment_bytes = 64 << 20,
                                                .durable = false,
                                                .reserve_bytes = 0},
                                               space, drops, silent_logger()));
    state.ResumeTiming();
    for (int i = 0; i < kSpilledBatches; ++i) Database::must(fifo->append(batches));
    state.PauseTiming();
    while (!Database::must(fifo->read(kBatchRows, 4 << 20)).empty()) {
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kSpilledBatches * kBatchRows);
}
BENCHMARK(BM_SpillToDisk)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);

// One pass stores what waits on disk.
void BM_SpillToTable(benchmark::State& state) {
  std::int64_t made = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Writing writing(std::chrono::seconds(0));
    for (int i = 0; i < kSpilledBatches; ++i) {
      auto batch = delta_batch(made);
      writing.queue().push(batch);
    }
    while (writing.waiting_bytes() > 0 || writing.fifo().bytes() == 0) std::this_thread::yield();
    state.ResumeTiming();
    writing.start();
    while (!writing.settled()) std::this_thread::yield();
    state.PauseTiming();
    writing.finish();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(made);
}
BENCHMARK(BM_SpillToTable)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
