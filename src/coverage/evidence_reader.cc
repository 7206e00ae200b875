#include "coverage/evidence_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace kd {
namespace {

constexpr std::int64_t kClockMargin_us = 3'600'000'000;  // between clocks that are badly set
constexpr int kPage = 20'000;

constexpr std::string_view kTimes =
    "greatest(m.open_time, m.created_time), m.close_time, "
    "coalesce(m.settlement_ts, CASE WHEN m.phase = 'settled' THEN m.changed_at END)";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(',');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

MarketTimes times_at(const SqlRow& row, std::size_t column) {
  return {int_at(row, column), int_at(row, column + 1), int_at(row, column + 2)};
}

void add_named(const EvidenceSet& streams, const EvidenceRow& row, MarketEvidence& market) {
  const auto stream = streams.find_stream(row.gatherer, row.stream_id);
  if (!stream) return;
  if (row.event == "unanswered") return market.unanswered.push_back(row.at);
  if (auto loss = loss_of(row)) {
    market.losses.push_back({.gatherer = streams.streams()[*stream].gatherer,
                             .stream = *stream,
                             .loss = *std::move(loss)});
  }
}

// Null when the line has no stream in the set: then nothing of it is covered anyway.
std::optional<std::uint32_t> gatherer_in(const EvidenceSet& streams, const std::string& name) {
  const auto all = streams.gatherers();
  const auto known = std::ranges::find(all, name, &EvidenceSet::Gatherer::name);
  if (known == all.end()) return std::nullopt;
  return static_cast<std::uint32_t>(known - all.begin());
}

}  // namespace

const std::string_view kLedgerColumns =
    "gatherer, stream_id, connection, channel, event, at, from_ts, to_ts, reason, "
    "array_to_string(tickers, ',')";

EvidenceRow evidence_row(const SqlRow& row) {
  return {.gatherer = row[0].value_or(""),
          .stream_id = int_at(row, 1).value_or(0),
          .connection = static_cast<std::int32_t>(int_at(row, 2).value_or(-1)),
          .channel = row[3].value_or(""),
          .event = row[4].value_or(""),
          .at = int_at(row, 5).value_or(0),
          .from = int_at(row, 6),
          .to = int_at(row, 7),
          .reason = row[8].value_or(""),
          .tickers = split(row[9].value_or(""))};
}

std::string text_array(std::span<const std::string> texts) {
  std::string out = "{";
  for (const auto& text : texts) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

std::string bigint_array(std::span<const std::int64_t> numbers) {
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

std::int64_t floor_of(const EvidenceSet& streams, std::int64_t since) {
  // A stream's id is its gatherer's clock when its process began.
  for (const auto& stream : streams.streams()) since = std::min(since, stream.stream_id);
  return since - kClockMargin_us;
}

Expected<void> for_each_row(Connection& connection, const std::string& sql,
                            const std::function<Expected<void>(const SqlRow&)>& handle) {
  KD_DO(connection.exec("DECLARE evidence NO SCROLL CURSOR FOR " + sql));
  const auto fetch = fmt::format("FETCH {} FROM evidence", kPage);
  for (;;) {
    KD_TRY(const auto rows, connection.query(fetch));
    if (rows.empty()) break;
    for (const auto& row : rows) KD_DO(handle(row));
  }
  KD_DO(connection.exec("CLOSE evidence"));
  return {};
}

// Never the ledger's `at`: one host whose clock was years slow would open every market before the
// platform's first base.
Expected<std::optional<std::int64_t>> EvidenceReader::recording_start(
    std::optional<std::int64_t> known) {
  KD_TRY(const auto rows,
         production_.query("SELECT least((SELECT snapshot_ts FROM orderbook_snapshots WHERE source "
                           "= 'ws' AND stream_id IS NOT NULL AND snapshot_ts < $1::bigint ORDER BY "
                           "snapshot_ts LIMIT 1), (SELECT min(proven_until) FROM stream_proofs "
                           "WHERE proven_until > 0))",
                           {fmt::to_string(known.value_or(kNever))}));
  const auto found = int_at(rows.at(0), 0);
  if (!found || !known) return found ? found : known;
  return std::min(*found, *known);
}

Expected<EvidenceSet> EvidenceReader::streams(std::int64_t since) {
  EvidenceSet set;
  KD_TRY(const auto proofs,
         production_.query("SELECT gatherer, stream_id, proven_until FROM v_stream_proofs "
                           "WHERE proven_until >= $1 ORDER BY gatherer, stream_id",
                           {fmt::to_string(since)}));
  for (const auto& row : proofs) {
    set.prove(text_at(row, 0), int_at(row, 1).value_or(0), int_at(row, 2).value_or(0));
  }
  const auto sql = fmt::format(
      "SELECT {} FROM ledger WHERE (event IN ('open', 'close', 'gap', 'leave') AND at >= {} AND "
      "coalesce(cardinality(tickers), 0) = 0) OR event IN ('start', 'drop')",
      kLedgerColumns, floor_of(set, since));
  const auto take = [&](const SqlRow& row) -> Expected<void> {
    const auto evidence = evidence_row(row);
    const bool known = set.find_stream(evidence.gatherer, evidence.stream_id).has_value();
    // Streams that never proved anything tell why nothing is covered.
    if (known || evidence.stream_id == 0 || evidence.at >= since) set.apply(evidence);
    return {};
  };
  KD_DO(for_each_row(production_, sql, take));
  return set;
}

Expected<EvidenceReader::Named> EvidenceReader::named_losses(const EvidenceSet& streams,
                                                             std::int64_t floor,
                                                             const std::string& only) {
  Named out;
  const auto wanted = [&](std::string_view ticker) -> MarketEvidence* {
    const auto known = out.find(ticker);
    if (known != out.end()) return &known->second;
    return only.empty() ? &out[std::string(ticker)] : nullptr;
  };
  const auto take = [&](const SqlRow& row) -> Expected<void> {
    const auto evidence = evidence_row(row);
    for (const auto& ticker : evidence.tickers) {
      if (auto* market = wanted(ticker)) add_named(streams, evidence, *market);
    }
    return {};
  };
  auto sql = fmt::format(
      "SELECT {} FROM ledger WHERE event IN ('gap', 'leave', 'unanswered') AND at >= {}",
      kLedgerColumns, floor);
  std::string frozen =
      "SELECT gatherer, ticker, from_ts, to_ts FROM frozen_lines WHERE to_ts >= $1";
  if (!only.empty()) {
    KD_TRY(const auto tickers, production_.query("SELECT unnest($1::text[])", {only}));
    for (const auto& row : tickers) out[text_at(row, 0)];
    KD_TRY(const auto rows, production_.query(sql + " AND tickers && $1::text[]", {only}));
    for (const auto& row : rows) KD_DO(take(row));
    frozen += " AND ticker = ANY ($2::text[])";
  } else {
    KD_DO(for_each_row(production_, sql + " AND cardinality(tickers) > 0", take));
    frozen += " AND $2::text IS NOT NULL";
  }
  KD_TRY(const auto lines, production_.query(frozen, {fmt::to_string(floor), only}));
  for (const auto& row : lines) {
    const auto gatherer = gatherer_in(streams, text_at(row, 0));
    auto* market = wanted(text_at(row, 1));
    if (!gatherer || market == nullptr) continue;
    market->losses.push_back({.gatherer = *gatherer,
                              .stream = MarketEvidence::kAllStreams,
                              .loss = {.from = int_at(row, 2).value_or(kEver),
                                       .to = int_at(row, 3).value_or(kNever),
                                       .cause = Cause::kFrozen,
                                       .reason = {}}});
  }
  return out;
}

Expected<std::map<std::string, MarketTimes, std::less<>>> EvidenceReader::times_of(
    const std::string& only) {
  std::map<std::string, MarketTimes, std::less<>> out;
  KD_TRY(const auto rows,
         production_.query(fmt::format("SELECT m.ticker, {} FROM markets m WHERE m.ticker = ANY "
                                       "($1::text[])",
                                       kTimes),
                           {only}));
  for (const auto& row : rows) out[text_at(row, 0)] = times_at(row, 1);
  return out;
}

Expected<void> EvidenceReader::each_market(const EvidenceSet& streams, std::int64_t since,
                                           std::int64_t until, const PerMarket& handle) {
  const auto floor = floor_of(streams, since);
  KD_TRY(auto named, named_losses(streams, floor, {}));
  const auto sql = fmt::format(
      "SELECT b.ticker, b.gatherer, b.stream_id, b.snapshot_ts, {} FROM (SELECT ticker, gatherer, "
      "stream_id, snapshot_ts FROM orderbook_snapshots WHERE source = 'ws' AND stream_id IS NOT "
      "NULL AND snapshot_ts >= {} AND snapshot_ts <= {} ORDER BY ticker) b LEFT JOIN markets m "
      "USING (ticker) ORDER BY b.ticker",
      kTimes, floor, until);
  std::string ticker;
  MarketEvidence market;
  MarketTimes times;
  const auto finish = [&]() -> Expected<void> {
    if (market.bases.empty()) return {};
    if (auto known = named.extract(ticker)) {
      market.losses = std::move(known.mapped().losses);
      market.unanswered = std::move(known.mapped().unanswered);
    }
    return handle(ticker, market, times);
  };
  const auto take = [&](const SqlRow& row) -> Expected<void> {
    if (text_at(row, 0) != ticker) {
      KD_DO(finish());
      ticker = text_at(row, 0);
      market = {};
      times = times_at(row, 4);
    }
    const auto stream = streams.find_stream(text_at(row, 1), int_at(row, 2).value_or(0));
    if (stream) market.bases.push_back({*stream, int_at(row, 3).value_or(0)});
    return {};
  };
  KD_DO(for_each_row(production_, sql, take));
  return finish();
}

Expected<void> EvidenceReader::each_market_of(const EvidenceSet& streams, std::int64_t since,
                                              std::int64_t until, std::span<const std::string> only,
                                              const PerMarket& handle) {
  if (only.empty()) return {};
  const auto floor = floor_of(streams, since);
  const auto tickers = text_array(only);
  KD_TRY(auto markets, named_losses(streams, floor, tickers));
  KD_TRY(const auto rows,
         production_.query("SELECT ticker, gatherer, stream_id, snapshot_ts FROM "
                           "orderbook_snapshots WHERE ticker = ANY ($1::text[]) AND source = 'ws' "
                           "AND stream_id IS NOT NULL AND snapshot_ts >= $2 AND snapshot_ts <= $3",
                           {tickers, fmt::to_string(floor), fmt::to_string(until)}));
  for (const auto& row : rows) {
    const auto stream = streams.find_stream(text_at(row, 1), int_at(row, 2).value_or(0));
    if (stream) markets[text_at(row, 0)].bases.push_back({*stream, int_at(row, 3).value_or(0)});
  }
  KD_TRY(const auto times, times_of(tickers));
  for (const auto& [ticker, market] : markets) {
    const auto known = times.find(ticker);
    KD_DO(handle(ticker, market, known == times.end() ? MarketTimes{} : known->second));
  }
  return {};
}

}  // namespace kd
