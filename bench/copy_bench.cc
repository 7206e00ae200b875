// Rows per second into a gatherer's orderbook_deltas, through BatchQueue and TableWriter, beside
// the limit: raw binary COPY of the same rows into the same table. Durable commits, as in life.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "codec/copy_row.h"
#include "codec/gatherer_rows.h"
#include "database/local_cluster.h"
#include "database/migrations.h"
#include "database/partitions.h"
#include "support/silent_log.h"
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

void BM_WriterCopy(benchmark::State& state) {
  MetricsRegistry metrics;
  ByteBudget budget(256 << 20);
  BatchQueue queue(budget);
  NewestSending newest{0};
  TableWriter writer({.table = Table::kOrderbookDeltas,
                      .batch_rows = kBatchRows,
                      .flush_interval = std::chrono::milliseconds(100),
                      .database = database().options()},
                     queue, newest, metrics, silent_logger(),
                     {.give_up = [](const Error& error) { fmt::print(stderr, "{}\n", error.what); },
                      .reject = [](const std::string&, std::string_view) {}});
  writer.start();
  std::int64_t made = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto batch = delta_batch(made);
    state.ResumeTiming();
    queue.push(batch);
    while (queue.bytes() > 0) benchmark::ClobberMemory();  // until it is committed
  }
  state.SetItemsProcessed(made);
  queue.close();
  writer.finish(std::chrono::steady_clock::now() + std::chrono::seconds(60));
}
BENCHMARK(BM_WriterCopy)->Iterations(200)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
