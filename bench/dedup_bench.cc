// How fast unique rows reach production, against a raw COPY of the same rows into the same table
// (keyed, indexed, durable) in the same run.
//
//   kd_dedup_bench [rows] [gatherers] [native|timescaledb]

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "codec/copy_row.h"
#include "database/local_cluster.h"
#include "database/migrations.h"
#include "database/partitions.h"
#include "database/storage_engine.h"
#include "dedup/deduplicator.h"
#include "dedup/frozen_lines.h"
#include "dedup/merge.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kHour = 1'788'220'800'000'000;  // 2026-09-01 00:00 UTC
constexpr std::int64_t kTickers = 20'000;
constexpr std::int64_t kRowsPerMs = 20;
constexpr std::int64_t kBatch = 20'000;

template <typename T>
T must(Expected<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}\n", result.error().what);
  std::exit(1);
}
void must(const Expected<void>& result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().what);
  std::exit(1);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void key_columns(CopyRowWriter& row, std::int64_t i) {
  const auto stamp = kHour + i / kRowsPerMs * 1000;
  row.int8(stamp);
  row.null();
  row.int8(stamp + 40'000);
  row.bytes(fmt::format("KXBENCH-26SEP01-{:05}", i * 7919 % kTickers));
  row.boolean(i % 2 == 0);
  row.int4(static_cast<std::int32_t>(i % 99 + 1) * 1000);
  row.int8((i % 50 + 1) * 100);
  row.int2(0);
  row.int4(0);
}

std::vector<char> gatherer_rows(std::int64_t first, std::int64_t count) {
  std::vector<char> bytes;
  CopyRowWriter row(bytes);
  for (std::int64_t i = first; i < first + count; ++i) {
    row.begin_row(12);
    row.int8(kHour + i + 1);
    key_columns(row, i);
    row.int8(1);
    row.int8(i);
  }
  return bytes;
}

std::vector<char> production_rows(std::int64_t first, std::int64_t count) {
  std::vector<char> bytes;
  CopyRowWriter row(bytes);
  for (std::int64_t i = first; i < first + count; ++i) {
    row.begin_row(10);
    key_columns(row, i);
    row.bytes("gatherer-1");
  }
  return bytes;
}

class SilentObserver : public DedupObserver {
  void on_polled(std::size_t, std::size_t, std::int64_t, std::chrono::microseconds) override {}
  void on_gatherer_error(std::size_t, std::size_t) override {}
  void on_rewind(std::size_t, std::size_t) override {}
  void on_round(const RoundOutcome&) override {}
  void on_frozen(std::size_t) override {}
  void on_commit_latency(std::size_t, std::chrono::microseconds) override {}
};

std::unique_ptr<LocalCluster> make_cluster(const std::filesystem::path& directory, bool durable,
                                           StorageEngine engine) {
  LocalClusterOptions options;
  options.directory = directory;
  options.durable = durable;
  options.dies_with_parent = true;
  options.settings = {{"shared_buffers", "256MB"}};
  if (engine == StorageEngine::kTimescaleDb) {
    options.settings["shared_preload_libraries"] = "timescaledb";
    options.settings["timescaledb.telemetry_level"] = "off";
    options.settings["timescaledb.max_background_workers"] = "0";
  }
  auto cluster = must(LocalCluster::open(std::move(options)));
  must(cluster->start());
  return cluster;
}

std::unique_ptr<Connection> database(LocalCluster& cluster, const std::string& name,
                                     SchemaKind kind, StorageEngine engine) {
  must(ensure_database(cluster, name));
  auto connection = must(Connection::connect(cluster.connect_options(name)));
  must(migrate(*connection, kind, engine));
  return connection;
}

void copy_all(Connection& connection, std::int64_t rows,
              const std::vector<std::vector<char>>& batches, std::int64_t last_key) {
  auto partitions = must(Partitions::load(connection));
  must(partitions.ensure(connection, "orderbook_deltas", kHour, last_key));
  for (const auto& batch : batches) {
    must(connection.begin());
    must(connection.copy_in("COPY orderbook_deltas FROM STDIN (FORMAT binary)", batch));
    must(connection.commit());
  }
  static_cast<void>(rows);
}

double bench_merge(std::int64_t rows, std::size_t gatherers, bool watch) {
  const auto& spec = table_specs()[table_index("orderbook_deltas")];
  TableMerge merge(spec, {.gatherers = std::vector<std::string>(gatherers, "gatherer-1"),
                          .seen = {},
                          .partition_us = 3'600'000'000,
                          .seed = 1});
  merge.seen().reset(SeenSet::kNothingStored);
  std::vector<Page> pages;
  for (std::int64_t i = 0; i < rows; i += kBatch) {
    pages.emplace_back().rows = gatherer_rows(i, kBatch);
  }
  MergedRows out;
  FrozenLines lines(gatherers, {});
  const auto start = Clock::now();
  for (auto& page : pages) {
    out.clear();
    for (page.gatherer = 0; page.gatherer < gatherers; ++page.gatherer) {
      merge.add(page, to_us(wall_now()), out, watch ? &lines : nullptr);
    }
  }
  return static_cast<double>(rows) * static_cast<double>(gatherers) / seconds_since(start);
}

double bench_copy(LocalCluster& cluster, std::int64_t rows, const char* name,
                  StorageEngine engine) {
  auto connection = database(cluster, name, SchemaKind::kProduction, engine);
  std::vector<std::vector<char>> batches;
  for (std::int64_t i = 0; i < rows; i += kBatch) batches.push_back(production_rows(i, kBatch));
  const auto start = Clock::now();
  copy_all(*connection, rows, batches, kHour + rows / kRowsPerMs * 1000);
  return static_cast<double>(rows) / seconds_since(start);
}

double bench_rounds(LocalCluster& sources, LocalCluster& cluster, std::int64_t rows,
                    std::size_t gatherers, StorageEngine engine) {
  Deduplicator::Options options;
  std::vector<std::vector<char>> batches;
  for (std::int64_t i = 0; i < rows; i += kBatch) batches.push_back(gatherer_rows(i, kBatch));
  for (std::size_t g = 0; g < gatherers; ++g) {
    const auto name = fmt::format("gatherer_{}", g + 1);
    copy_all(*database(sources, name, SchemaKind::kGatherer, engine), rows, batches,
             kHour + rows + 1);
    options.gatherers.push_back({name, sources.connect_options(name)});
  }
  auto production = database(cluster, "production", SchemaKind::kProduction, engine);
  options.production = cluster.connect_options("production");
  SilentObserver observer;
  Deduplicator deduplicator(options, observer, {must(open_log({.level = "warn"})), "bench"});
  const auto start = Clock::now();
  const auto begun_us = to_us(wall_now());
  deduplicator.start();
  for (std::size_t g = 0; g < gatherers; ++g) {
    const auto table = table_index("orderbook_deltas");
    while (deduplicator.status().sync[g][table].caught_up_us < begun_us ||
           !deduplicator.status().sync[g][table].caught_up) {
      std::this_thread::sleep_for(5ms);
    }
  }
  const auto took = seconds_since(start);
  deduplicator.stop();
  const auto stored = must(production->query("SELECT count(*) FROM orderbook_deltas"));
  KD_CHECK(int_at(stored[0], 0) == rows);
  return static_cast<double>(rows) / took;
}

}  // namespace
}  // namespace kd

int main(int argc, char** argv) {
  const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) / kd::kBatch * kd::kBatch : 1'000'000;
  const auto gatherers = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 3);
  const auto engine = kd::must(kd::storage_engine_named(argc > 3 ? argv[3] : "native"));
  std::string name = std::filesystem::temp_directory_path() / "kdb-XXXXXX";
  KD_CHECK(::mkdtemp(name.data()) != nullptr);
  std::filesystem::permissions(name, std::filesystem::perms(0755));
  {
    for (const bool watch : {false, true}) {
      const auto merge = kd::bench_merge(rows, gatherers, watch);
      fmt::print("merge alone, {} lines{}: {:.0f} rows/s in, {:.0f} ns per row\n", gatherers,
                 watch ? ", silent ones looked for" : "", merge, 1e9 / merge);
    }
    const auto sources = kd::make_cluster(name + "/g", false, engine);
    const auto production = kd::make_cluster(name + "/p", true, engine);
    const auto raw = kd::bench_copy(*production, rows, "raw_1", engine);
    fmt::print("raw COPY, durable, keyed and indexed: {:.0f} rows/s\n", raw);
    const auto merged = kd::bench_rounds(*sources, *production, rows, gatherers, engine);
    const auto again = kd::bench_copy(*production, rows, "raw_2", engine);
    fmt::print("raw COPY again: {:.0f} rows/s\n", again);
    fmt::print("deduplicator, {} gatherers, unique rows: {:.0f} rows/s ({:.2f} of raw COPY)\n",
               gatherers, merged, merged / ((raw + again) / 2));
  }
  std::filesystem::remove_all(name);
  return 0;
}
