#include "audit/auditor.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "audit/row_keys.h"

namespace kd {
namespace {

using Fields = std::span<const std::string_view>;
using Kind = TruthRecord::Kind;

constexpr std::string_view kTrades = "trades";
constexpr std::string_view kDeltas = "orderbook_deltas";
constexpr std::string_view kSnapshots = "orderbook_snapshots";
constexpr std::string_view kTickers = "tickers";
constexpr std::string_view kLifecycle = "lifecycle_events";
constexpr std::array<std::string_view, 5> kTables = {kTrades, kDeltas, kSnapshots, kTickers,
                                                     kLifecycle};
constexpr std::size_t kMostExamples = 10;
constexpr std::int64_t kUsPerMs = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t to_number(std::string_view text, bool& good) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  good = good && error == std::errc() && end == text.data() + text.size();
  return value;
}

std::string joined(Fields fields) {
  std::string out;
  for (const auto field : fields) out += (out.empty() ? "" : " ") + std::string(field);
  return out;
}

std::string columns_of(std::string_view table) {
  if (table == kTrades) return "received_at, trade_id, price, size";
  if (table == kDeltas) return "received_at, exchange_ts / 1000, ticker, side, price, size_delta";
  if (table == kTickers) {
    return "received_at, exchange_ts / 1000, ticker, yes_bid, yes_ask, last_price, volume, "
           "open_interest, "
           "dollar_volume, dollar_open_interest, yes_bid_size, yes_ask_size, last_trade_size";
  }
  return "received_at, ticker, event_type";
}

std::size_t column_count(std::string_view table) {
  if (table == kTrades) return 4;
  if (table == kDeltas) return 6;
  return table == kTickers ? 13 : 3;
}

// The identity of a row as query() selects it, behind its time of receipt.
AuditKey row_key(std::string_view table, Fields row, bool& good) {
  if (table == kTrades) {
    return trade_key(row[0], to_number(row[1], good), to_number(row[2], good));
  }
  if (table == kLifecycle) return lifecycle_key(row[0], row[1]);
  if (table == kTickers) return ticker_key(to_number(row[0], good), row[1], row.subspan(2));
  return delta_key(to_number(row[0], good), row[1], row[2] == "t", to_number(row[3], good),
                   to_number(row[4], good));
}

}  // namespace

bool AuditReport::clean() const {
  return std::ranges::all_of(tables,
                             [](const auto& table) {
                               return table.second.missing == 0 && table.second.doubled == 0;
                             }) &&
         std::ranges::all_of(evidence,
                             [](const auto& of) { return of.second.falsely_covered == 0; });
}

std::int64_t AuditReport::merged() const {
  std::int64_t rows = 0;
  for (const auto& [name, table] : tables) rows += table.merged;
  return rows;
}

std::int64_t AuditReport::unwatched() const {
  std::int64_t rows = 0;
  for (const auto& [name, table] : tables) rows += table.unwatched;
  return rows;
}

Auditor::Auditor(std::vector<std::string> gatherers, std::int64_t since_us)
    : gatherers_(std::move(gatherers)), since_us_(since_us) {
  for (const auto table : kTables) {
    if (table != kSnapshots) tallies_[std::string(table)];
  }
}

std::span<const std::string_view> Auditor::tables() { return kTables; }

void Auditor::learn_client(const TruthRecord& record) {
  const std::string id(record.text);
  if (std::find(gatherers_.begin(), gatherers_.end(), id) == gatherers_.end()) return;
  bits_[id] = record.client_bit;
  audited_ |= std::uint64_t{1} << record.client_bit;
}

void Auditor::learn_delta(const TruthRecord& record) {
  const bool yes = record.text == "yes";
  tallies_.find(kDeltas)->second.emit(
      delta_key(record.at_ms, record.ticker, yes, record.price, record.size), watched(record));
  short_keys_.push_back(AuditKeyBuilder()
                            .add(record.at_us.value_or(record.at_ms * kUsPerMs))
                            .add(record.ticker)
                            .add(record.price)
                            .add(std::int64_t{yes})
                            .key());
}

// Equal states that follow each other in one millisecond are one row.
void Auditor::learn_ticker(const TruthRecord& record) {
  const auto figures = split_fields(record.text, ',');
  const auto key = ticker_key(record.at_ms, record.ticker, figures);
  auto& state = ticker_states_[std::string(record.ticker)];
  if (state.key == key && state.at_ms == record.at_ms) {
    state.watched = state.watched || watched(record);
    return;
  }
  if (state.key != AuditKey{}) tallies_.find(kTickers)->second.emit(state.key, state.watched);
  state = {record.at_ms, key, watched(record)};
}

void Auditor::learn(const TruthRecord& record) {
  if (record.kind == Kind::kClient) return learn_client(record);
  earliest_ms_ = std::min(earliest_ms_, record.at_ms);
  const SnapshotTally::Moment moment(record.at_ms, record.ticker);
  switch (record.kind) {
    case Kind::kDelta:
      return learn_delta(record);
    case Kind::kTicker:
      return learn_ticker(record);
    case Kind::kTrade:
      return tallies_.find(kTrades)->second.emit(trade_key(record.text, record.price, record.size),
                                                 watched(record));
    case Kind::kLifecycle:
      return tallies_.find(kLifecycle)
          ->second.emit(lifecycle_key(record.ticker, record.text), watched(record));
    case Kind::kSnapshot:
      return snapshots_.emit(moment, record.clients & audited_);
    case Kind::kAnsweredSnapshot:
      if (((audited_ >> record.client_bit) & 1U) != 0) snapshots_.answer(moment, record.client_bit);
      return;
    case Kind::kWithheld:
      return learn_loss(record);
    case Kind::kClient:
    case Kind::kEnd:
      return;
  }
}

void Auditor::finish_learning() {
  for (const auto& [ticker, state] : ticker_states_) {
    tallies_.find(kTickers)->second.emit(state.key, state.watched);
  }
  ticker_states_.clear();
}

void Auditor::begin_source() {
  finish_learning();
  finish_gatherer();
  for (auto& [table, tally] : tallies_) tally.begin_source();
  snapshots_.begin_source();
}

void Auditor::finish_gatherer() {
  if (source_.empty()) return;
  for (const auto& [table, tally] : tallies_) captured_[table][source_] = tally.matched();
  const auto bit = bits_.find(source_);
  captured_[std::string(kSnapshots)][source_] =
      bit == bits_.end() ? 0 : snapshots_.matched(bit->second);
}

void Auditor::begin_gatherer(const std::string& id) {
  begin_source();
  source_ = id;
  evidence_.try_emplace(id);
}

void Auditor::begin_production() {
  begin_source();
  source_.clear();
}

std::string Auditor::query(std::string_view table) const {
  const std::string from = " FROM " + std::string(table) + " WHERE ";
  const std::string received = "received_at >= " + std::to_string(since_us_);
  if (table == kSnapshots) {
    const std::string owner = source_.empty() ? "gatherer" : "'" + source_ + "'";
    return "SELECT snapshot_ts / 1000, ticker, " + owner + from + "source = 'ws' AND " + received;
  }
  // Production may have had an equal row from an earlier run, and then takes no second one.
  const bool any_run = source_.empty() && table != kLifecycle && earliest_ms_ != INT64_MAX;
  return "SELECT " + columns_of(table) + from +
         (any_run ? "exchange_ts >= " + std::to_string((earliest_ms_ - kDayMs) * kUsPerMs)
                  : received);
}

bool Auditor::see_snapshot(Fields fields) {
  const auto bit = bits_.find(fields[2]);
  bool good = true;
  const auto at_ms = to_number(fields[0], good);
  return snapshots_.see({at_ms, std::string(fields[1])}, bit == bits_.end() ? -1 : bit->second);
}

Expected<void> Auditor::see(std::string_view table, Fields fields) {
  if (fields.size() != column_count(table)) {
    return fail(Remedy::kGiveUp, std::string(table) + ": a row of " +
                                     std::to_string(fields.size()) + " fields: " + joined(fields));
  }
  bool good = true;
  bool known = false;
  if (table == kSnapshots) {
    known = see_snapshot(fields);
  } else {
    const bool of_this_run = to_number(fields[0], good) >= since_us_;
    const auto key = row_key(table, fields.subspan(1), good);
    auto& tally = tallies_.find(table)->second;
    known = of_this_run ? tally.see(key) : tally.see_earlier(key);
  }
  if (!good) {
    return fail(Remedy::kGiveUp,
                std::string(table) + ": no number where one must be: " + joined(fields));
  }
  if (!known && source_.empty())
    note("never emitted: " + std::string(table) + " " + joined(fields));
  return {};
}

void Auditor::note(std::string text) {
  if (examples_.size() < kMostExamples) examples_.push_back(std::move(text));
}

void Auditor::explain(const TruthRecord& record) {
  const auto check = [&](std::string_view table, const AuditKey& key) {
    if (!tallies_.find(table)->second.lacks(key)) return;
    note("missing: " + std::string(table) + " " + std::to_string(record.at_ms) + " " +
         std::string(record.ticker) + " " + std::string(record.text));
  };
  if (record.kind == Kind::kDelta) {
    check(kDeltas,
          delta_key(record.at_ms, record.ticker, record.text == "yes", record.price, record.size));
  } else if (record.kind == Kind::kTrade) {
    check(kTrades, trade_key(record.text, record.price, record.size));
  } else if (record.kind == Kind::kTicker) {
    check(kTickers, ticker_key(record.at_ms, record.ticker, split_fields(record.text, ',')));
  } else if (record.kind == Kind::kLifecycle) {
    check(kLifecycle, lifecycle_key(record.ticker, record.text));
  }
}

void Auditor::prove(const TruthRecord& record, const EvidenceCoverage& evidence) {
  if (record.kind == Kind::kWithheld) return prove_loss(record, evidence);
  if (record.kind != Kind::kDelta) return;
  const auto key =
      delta_key(record.at_ms, record.ticker, record.text == "yes", record.price, record.size);
  if (!tallies_.find(kDeltas)->second.misses(key, record.occurrence)) return;
  auto& figures = evidence_[source_];
  ++figures.absent;
  if (!evidence.covers(record.ticker, record.at_ms * kUsPerMs)) return;
  ++figures.falsely_covered;
  note("falsely covered by " + source_ + ": " + std::to_string(record.at_ms) + " " +
       std::string(record.ticker));
}

AuditReport Auditor::report() {
  AuditReport report;
  for (const auto& [table, tally] : tallies_) report.tables[table] = tally.result();
  report.tables[std::string(kSnapshots)] = snapshots_.result();
  for (const auto& [table, by_gatherer] : captured_) report.tables[table].captured = by_gatherer;
  for (const auto& [at_ms, ticker] : snapshots_.missing(kMostExamples)) {
    note("missing: orderbook_snapshots " + std::to_string(at_ms) + " " + ticker);
  }
  report.answered_snapshots = snapshots_.answered();
  report.answered_snapshots_merged = snapshots_.answered_and_seen();
  report.evidence = evidence_;
  report.examples = examples_;
  std::sort(short_keys_.begin(), short_keys_.end());
  const auto distinct = std::unique(short_keys_.begin(), short_keys_.end()) - short_keys_.begin();
  report.lost_by_short_key = static_cast<std::int64_t>(short_keys_.size()) - distinct;
  return report;
}

}  // namespace kd
