#include "integration/coverage_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "coverage/evidence_reader.h"

namespace kd {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string number(std::optional<double> seconds) {
  return seconds ? fmt::to_string(CoverageWorld::at(*seconds)) : "NULL";
}

}  // namespace

CoverageWorld::CoverageWorld(PgCluster& cluster)
    : cluster_(cluster), database_(cluster.make_database("coverage", SchemaKind::kProduction)) {
  admin_ = cluster.connect(database_);
  partitions_ = std::make_unique<Partitions>(*Partitions::load(*admin_));
}

void CoverageWorld::insert(const std::string& table, std::int64_t key, const std::string& columns,
                           const std::string& values) {
  if (partitions_->width_us(table) > 0) KD_CHECK(partitions_->ensure(*admin_, table, key, key));
  const auto done =
      admin_->exec(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, columns, values));
  if (!done) FAIL() << done.error().what;
}

void CoverageWorld::tell(int gatherer, std::int64_t stream, const Told& told) {
  const auto key = at(told.at);
  insert("ledger", key,
         "position, at, stream_id, connection, channel, event, from_ts, to_ts, reason, tickers, "
         "gatherer",
         fmt::format("{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'g{}'", ++position_, key, stream,
                     told.connection, quoted(told.channel), quoted(told.event), number(told.from),
                     number(told.to), quoted(told.reason),
                     told.tickers.empty() ? "NULL" : quoted(text_array(told.tickers)), gatherer));
}

void CoverageWorld::base(int gatherer, std::int64_t stream, const std::string& ticker,
                         double when) {
  const auto key = at(when);
  insert("orderbook_snapshots", key,
         "snapshot_ts, received_at, ticker, source, yes_bids, no_bids, occurrence, gatherer, "
         "stream_id",
         fmt::format("{}, {}, {}, 'ws', '{{}}', '{{}}', (SELECT count(*) FROM orderbook_snapshots "
                     "s WHERE s.snapshot_ts = {}), 'g{}', {}",
                     key, key, quoted(ticker), key, gatherer, stream));
}

void CoverageWorld::prove(int gatherer, std::int64_t stream, double until) {
  const auto done = admin_->exec(fmt::format(
      "INSERT INTO stream_proofs (gatherer, stream_id, proven_until, at) VALUES ('g{}', {}, {}, "
      "{}) ON CONFLICT (gatherer, stream_id, shard) DO UPDATE SET proven_until = "
      "greatest(stream_proofs.proven_until, excluded.proven_until), at = excluded.at",
      gatherer, stream, at(until), at(until)));
  if (!done) FAIL() << done.error().what;
}

void CoverageWorld::frozen(int gatherer, const std::string& ticker, double from, double to) {
  insert("frozen_lines", 0, "gatherer, ticker, from_ts, to_ts, found_at",
         fmt::format("'g{}', {}, {}, {}, {}", gatherer, quoted(ticker), at(from), at(to), at(to)));
}

void CoverageWorld::metadata(const std::string& ticker, std::optional<double> open,
                             std::optional<double> settled) {
  const auto done = admin_->exec(fmt::format(
      "INSERT INTO events (ticker, placeholder, first_seen_at, changed_at) VALUES ('E', true, 0, "
      "0) ON CONFLICT DO NOTHING; INSERT INTO markets (ticker, event_ticker, status, phase, "
      "open_time, settlement_ts, first_seen_at, changed_at) VALUES ({}, 'E', 'active', 'open', {}, "
      "{}, 0, 0) ON CONFLICT (ticker) DO UPDATE SET open_time = excluded.open_time, settlement_ts "
      "= excluded.settlement_ts",
      quoted(ticker), number(open), number(settled)));
  if (!done) FAIL() << done.error().what;
}

CoverageUpkeep::Figures CoverageWorld::round(double horizon) {
  if (!upkeep_) {
    keeper_ = cluster_.connect(database_, "deduplicator");
    upkeep_ = std::make_unique<CoverageUpkeep>(*keeper_);
  }
  const auto figures = upkeep_->round(at(horizon), at(horizon));
  if (!figures) {
    ADD_FAILURE() << figures.error().what;
    return {};
  }
  return figures->value_or(CoverageUpkeep::Figures{});
}

void CoverageWorld::clear() {
  KD_CHECK(admin_->exec("TRUNCATE ledger, orderbook_snapshots, stream_proofs, frozen_lines"));
  forget_holes();
}

void CoverageWorld::forget_holes() {
  KD_CHECK(admin_->exec("TRUNCATE coverage_holes, coverage_state"));
  restart_keeper();
}

std::string CoverageWorld::holes(const std::string& channel) {
  return listed("'%s %s-%s ' || cause || ' ' || gatherer", channel);
}

std::string CoverageWorld::bounds() { return listed("'%s %s-%s'", "orderbook_delta"); }

std::string CoverageWorld::listed(const std::string& form, const std::string& channel) {
  return scalar(*admin_,
                fmt::format("SELECT coalesce(string_agg(format({2}, ticker, ((from_ts - {0}) / "
                            "1e6)::float8, ((to_ts - {0}) / 1e6)::float8), '; ' ORDER BY ticker, "
                            "from_ts), '') FROM coverage_holes WHERE healed_at IS NULL AND channel "
                            "= '{1}'",
                            kCoverageStart, channel, form));
}

}  // namespace kd
