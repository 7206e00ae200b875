// How fast REST books are verified, and how long one book takes, in a durable database.
//
//   kd_book_bench [markets] [deltas of the hour]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/time.h"
#include "book/book_at.h"
#include "book/book_checker.h"
#include "book/pending_books.h"
#include "book/production_books.h"
#include "book/stored_values.h"
#include "codec/copy_row.h"
#include "database/local_cluster.h"
#include "database/migrations.h"
#include "database/partitions.h"

namespace kd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kHour = 1'788'220'800'000'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kBatch = 2'000;
constexpr int kLevels = 20;  // of each leg

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

std::string ticker_of(std::int64_t market) { return fmt::format("KXBENCH-26SEP01-{:07}", market); }

std::vector<std::int64_t> levels(int first) {
  std::vector<std::int64_t> out;
  for (int i = 0; i < kLevels; ++i) out.insert(out.end(), {(first + i) * 1'000, 100'000 + i});
  return out;
}

void store(Connection& connection, const std::string& table, std::vector<char>& rows) {
  must(connection.copy_in("COPY " + table + " FROM STDIN (FORMAT binary)", rows));
  rows.clear();
}

void add_bases(Connection& connection, std::int64_t markets) {
  std::vector<char> rows;
  CopyRowWriter row(rows);
  for (std::int64_t m = 0; m < markets; ++m) {
    row.begin_row(11);
    row.int8(kHour + m % 1'000);
    row.int8(kHour + kSecond);
    row.bytes(ticker_of(m));
    row.bytes("ws");
    row.int8_array(levels(10));
    row.int8_array(levels(50));
    row.int8(kHour + m % 1'000 + kSecond);
    row.int8_array({});
    row.int2(0);
    row.bytes("g1");
    row.int8(1);
    if (rows.size() > 8'000'000 || m + 1 == markets) {
      store(connection,
            "orderbook_snapshots (snapshot_ts, received_at, ticker, source, yes_bids, no_bids, "
            "anchor_ts, anchor_deltas, occurrence, gatherer, stream_id)",
            rows);
    }
  }
}

// Spread over the first 50 minutes: each adds to one level.
void add_deltas(Connection& connection, std::int64_t markets, std::int64_t deltas) {
  std::vector<char> rows;
  CopyRowWriter row(rows);
  for (std::int64_t i = 0; i < deltas; ++i) {
    const auto stamp = kHour + 2 * kSecond + i * 3'000 / deltas * kSecond + i % 1'000 * 1'000;
    row.begin_row(10);
    row.int8(stamp);
    row.null();
    row.int8(stamp + 40'000);
    row.bytes(ticker_of(i * 7'919 % markets));
    row.boolean(true);
    row.int4(10'000);
    row.int8(1 + i / markets);
    row.int2(0);
    row.int4(0);
    row.bytes("g1");
    if (rows.size() > 8'000'000 || i + 1 == deltas) {
      store(connection,
            "orderbook_deltas (exchange_ts, exchange_us, received_at, ticker, side, price, "
            "size_delta, occurrence, ordinal, gatherer)",
            rows);
    }
  }
}

// What the book of each market is at the end, asked of the database itself.
void add_rest_books(Connection& connection, std::int64_t at) {
  must(connection.exec(fmt::format(
      "INSERT INTO rest_books SELECT {0} + row_number() OVER (ORDER BY s.ticker), {0} + "
      "row_number() OVER (ORDER BY s.ticker) + 90000, s.ticker, ARRAY[s.yes_bids[1], s.yes_bids[2] "
      "+ coalesce(d.total, 0)] || s.yes_bids[3:], s.no_bids, 0, 'g2' FROM orderbook_snapshots s "
      "LEFT JOIN (SELECT ticker, sum(size_delta)::bigint AS total FROM orderbook_deltas GROUP BY "
      "1) "
      "d USING (ticker) WHERE s.source = 'ws'",
      at)));
}

void verify_all(Connection& connection, BookChecker& checker, const char* what) {
  std::int64_t books = 0;
  std::int64_t matches = 0;
  const auto start = Clock::now();
  for (;;) {
    const auto pending = must(load_pending(connection, {}, INT64_MAX, kBatch));
    if (pending.books.empty()) break;
    const auto results = must(checker.check(connection, pending.books));
    must(store_results(connection, pending, results, to_us(wall_now())));
    books += static_cast<std::int64_t>(results.size());
    matches += std::ranges::count(results, CheckVerdict::kMatch, &CheckResult::verdict);
  }
  const auto took = seconds_since(start);
  fmt::print("{}: {} books, {} equal, in {:.1f} s: {:.0f} books/s\n", what, books, matches, took,
             static_cast<double>(books) / took);
}

void time_books(Connection& connection, std::int64_t markets) {
  ProductionBooks books(connection);
  std::vector<double> took;
  for (int i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    must(book_at(books, {}, ticker_of(i * 104'729 % markets), kHour + 3'100 * kSecond));
    took.push_back(seconds_since(start) * 1'000);
  }
  std::ranges::sort(took);
  fmt::print("book at T, without coverage: median {:.1f} ms, p99 {:.1f} ms\n", took[100],
             took[198]);
}

int run(std::int64_t markets, std::int64_t deltas) {
  std::string directory = std::filesystem::temp_directory_path() / "kdb-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  LocalClusterOptions options;
  options.directory = directory;
  options.dies_with_parent = true;
  options.settings = {{"shared_buffers", "256MB"}, {"max_wal_size", "4GB"}};
  const auto cluster = must(LocalCluster::open(std::move(options)));
  must(cluster->start());
  must(ensure_database(*cluster, "bench"));
  const auto connection = must(Connection::connect(cluster->connect_options("bench")));
  must(migrate(*connection, SchemaKind::kProduction));
  auto partitions = must(Partitions::load(*connection));
  for (const char* table : {"orderbook_deltas", "orderbook_snapshots", "book_checks"}) {
    must(partitions.ensure(*connection, table, kHour, kHour + 7'200 * kSecond));
  }
  must(prepare_results(*connection));
  add_bases(*connection, markets);
  add_deltas(*connection, markets, deltas);
  must(connection->exec("ANALYZE"));
  BookChecker checker({}, {});
  for (const char* what : {"from snapshots", "from books found right before", "once more"}) {
    add_rest_books(*connection, kHour + (what[0] == 'f' ? 3'100 : 3'200) * kSecond);
    verify_all(*connection, checker, what);
    must(connection->exec("DELETE FROM book_checks"));
  }
  time_books(*connection, markets);
  cluster->kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

}  // namespace
}  // namespace kd

int main(int argc, char** argv) {
  return kd::run(argc > 1 ? std::atoll(argv[1]) : 100'000,
                 argc > 2 ? std::atoll(argv[2]) : 2'000'000);
}
