#include "integration/dedup_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/check.h"
#include "base/time.h"
#include "database/migrations.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

Logger quiet() {
  static const auto sink = *open_log({.level = "error", .format = "text", .output = "stderr"});
  return {sink, "test"};
}

}  // namespace

GathererDatabase::GathererDatabase(PgCluster& cluster, const std::string& id)
    : cluster_(cluster), id_(id) {
  rebuild();
}

void GathererDatabase::rebuild() {
  database_ = cluster_.make_database(id_, SchemaKind::kGatherer);
  reconnect();
}

void GathererDatabase::reconnect() {
  connection_ = cluster_.connect(database_, "gatherer");
  partitions_ = std::make_unique<Partitions>(*Partitions::load(*connection_));
}

std::string GathererDatabase::backup() {
  connection_.reset();
  const auto copy = database_ + "_backup";
  const auto made =
      cluster_.connect("postgres")->exec("CREATE DATABASE " + copy + " TEMPLATE " + database_);
  KD_CHECK(made.has_value());
  reconnect();
  return copy;
}

void GathererDatabase::restore(const std::string& backup) {
  database_ = backup;
  reconnect();
}

CopyRowWriter GathererDatabase::begin(const char* table, std::int16_t columns) {
  CopyRowWriter row(pending_[table_index(table)]);
  row.begin_row(columns);
  row.int8(++position_);
  return row;
}

void GathererDatabase::add(const Delta& delta) {
  auto row = begin("orderbook_deltas", 12);
  row.int8(delta.stamp);
  row.int8(delta.exchange_us);
  row.int8(delta.stamp + 1000);
  row.bytes(delta.ticker);
  row.boolean(true);
  row.int4(52'000);
  row.int8(delta.change);
  row.int2(delta.occurrence);
  row.int4(0);
  row.int8(delta.stream_id);
  row.int8(++seq_);
}

void GathererDatabase::add_trade(const std::string& id16, std::int64_t stamp, std::int64_t size) {
  auto row = begin("trades", 12);
  row.bytes(id16);
  row.int8(stamp);
  row.null();
  row.int8(stamp + 1000);
  row.bytes("KXA-1");
  row.int4(52'000);
  row.int8(size);
  row.boolean(true);
  row.null();
  row.int8(1);
  row.int8(++seq_);
}

void GathererDatabase::add_lifecycle(const std::string& ticker, const std::string& type,
                                     const std::string& payload, std::int64_t received_at,
                                     std::int64_t stream_id) {
  auto row = begin("lifecycle_events", 8);
  row.int8(received_at);
  row.null();
  row.bytes(ticker);
  row.bytes(type);
  row.jsonb(payload);
  row.int8(stream_id);
  row.int8(++seq_);
}

void GathererDatabase::add_snapshot(const std::string& ticker, std::int64_t stamp,
                                    std::int16_t occurrence) {
  add_book("ws", ticker, stamp, occurrence);
}

void GathererDatabase::add_rest_book(const std::string& ticker, std::int64_t requested_at) {
  add_book("rest", ticker, requested_at, 0);
}

void GathererDatabase::add_book(const char* source, const std::string& ticker, std::int64_t stamp,
                                std::int16_t occurrence) {
  auto row = begin("orderbook_snapshots", 12);
  row.int8(stamp);
  row.int8(stamp + 1000);
  row.bytes(ticker);
  row.bytes(source);
  row.int8_array(std::vector<std::int64_t>{52'000, 100});
  row.int8_array({});
  row.null();
  row.null();
  row.int2(occurrence);
  if (std::string_view(source) == "rest") {
    row.null();
    row.null();
    return;
  }
  row.int8(1);
  row.int8(++seq_);
}

void GathererDatabase::add_ticker(const std::string& ticker, std::int64_t stamp,
                                  std::int64_t hash) {
  auto row = begin("tickers", 19);
  row.int8(stamp);
  row.null();
  row.int8(stamp + 1000);
  row.bytes(ticker);
  for (int i = 0; i < 10; ++i) row.null();
  row.int8(hash);
  row.int2(0);
  row.int4(0);
  row.int8(1);
}

void GathererDatabase::add_ledger(std::int64_t at, const std::string& event, std::int64_t stream_id,
                                  const std::vector<std::string_view>& tickers) {
  auto row = begin("ledger", 12);
  row.int8(at);
  row.int8(stream_id);
  row.int4(0);
  row.null();
  row.bytes("orderbook_delta");
  row.bytes(event);
  row.int8(at);
  row.int8(at);
  row.null();
  row.null();
  row.text_array(tickers);
}

void GathererDatabase::add_watermark(std::int64_t at, const std::vector<std::int64_t>& streams,
                                     const std::vector<std::int64_t>& proven_until) {
  auto row = begin("watermarks", 4);
  row.int8(at);
  row.int8_array(streams);
  row.int8_array(proven_until);
}

void GathererDatabase::add_quarantine(std::int64_t received_at) {
  auto row = begin("quarantine", 4);
  row.int8(received_at);
  row.bytes("price");
  row.bytes("{}");
}

void GathererDatabase::commit() {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    if (pending_[t].empty()) continue;
    const std::string name(table_specs()[t].name);
    KD_CHECK(partitions_->ensure(*connection_, name, kTestHour, position_));
    KD_CHECK(connection_->begin());
    const auto done =
        connection_->copy_in("COPY " + name + " FROM STDIN (FORMAT binary)", pending_[t]);
    if (!done) FAIL() << done.error().what;
    KD_CHECK(connection_->commit());
    pending_[t].clear();
  }
}

void CountingObserver::on_round(const RoundOutcome& outcome) {
  ++rounds;
  for (const auto& table : outcome) {
    written += table.written;
    duplicates += table.duplicates;
    quarantined += table.quarantined;
  }
}

DedupWorld::DedupWorld(PgCluster& cluster, PgCluster& production, std::size_t gatherers)
    : cluster_(cluster), production_cluster_(production) {
  for (std::size_t i = 0; i < gatherers; ++i) {
    gatherers_.push_back(std::make_unique<GathererDatabase>(cluster, fmt::format("g{}", i + 1)));
  }
  production_database_ = production.make_database("production", SchemaKind::kProduction);
}

Deduplicator::Options DedupWorld::options() const {
  Deduplicator::Options out;
  for (const auto& gatherer : gatherers_) {
    out.gatherers.push_back(
        {gatherer->id(), cluster_.options(gatherer->database(), "dedup_reader")});
  }
  out.production = production_cluster_.options(production_database_, "deduplicator");
  for (auto& table : out.polling) table.interval = 10ms;
  out.backoff = {10ms, 100ms};
  return out;
}

void DedupWorld::start(Deduplicator::Options options) {
  deduplicator_ = std::make_unique<Deduplicator>(std::move(options), observer, quiet());
  deduplicator_->start();
}

void DedupWorld::await(const std::function<bool()>& done, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) {
      FAIL() << "waited in vain for: " << what;
      return;
    }
    std::this_thread::sleep_for(2ms);
  }
}

void DedupWorld::await_merged() {
  const auto now = to_us(wall_now());
  await(
      [&] {
        const auto status = deduplicator_->status();
        for (const auto& tables : status.sync) {
          for (const auto& table : tables) {
            if (!table.caught_up || table.caught_up_us < now) return false;
          }
        }
        return !status.sync.empty();
      },
      "everything merged");
}

void DedupWorld::sync() {
  if (!deduplicator_) start();
  await_merged();
  stop();
}

std::string DedupWorld::production(const std::string& sql) {
  return scalar(*production_cluster_.connect(production_database_), sql);
}

void fill(GathererDatabase& gatherer, int first, int rows) {
  for (int i = first; i < first + rows; ++i) {
    const auto stamp = kTestHour + i * 1000;
    gatherer.add({.stamp = stamp});
    gatherer.add_trade(std::to_string(1'000'000'000'000'000 + i), stamp);
    gatherer.add_ticker("KXA", stamp, i);
    gatherer.add_snapshot("KXA", stamp);
    gatherer.add_lifecycle("KXA" + std::to_string(i), "created", "{}", stamp);
    gatherer.add_ledger(stamp);
    gatherer.add_quarantine(stamp);
    gatherer.add_watermark(stamp, {1}, {stamp});
  }
  gatherer.commit();
}

void fill(DedupWorld& world, int first, int rows) {
  for (std::size_t g = 0; g < world.gatherers(); ++g) fill(world.gatherer(g), first, rows);
}

std::string counts(DedupWorld& world) {
  std::string out;
  for (const auto& spec : table_specs()) {
    if (spec.name == "watermarks") continue;
    out += world.production("SELECT count(*) FROM " + std::string(spec.name)) + " ";
  }
  return out +
         world.production("SELECT string_agg(DISTINCT ((proven_until - " +
                          std::to_string(kTestHour) + ") / 1000)::text, ' ') FROM stream_proofs");
}

std::string expected_counts(int rows) {
  const auto n = std::to_string(rows) + " ";
  const auto per_gatherer = std::to_string(3 * rows) + " ";
  return n + n + per_gatherer + n + n + per_gatherer + per_gatherer + std::to_string(rows - 1);
}

}  // namespace kd
