#include "integration/book_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "book/stored_values.h"
#include "codec/copy_row.h"

namespace kd {
namespace {

constexpr std::int64_t kWidth = 3'600'000'000;

void put(Connection& connection, const std::string& table, std::vector<char>& rows) {
  if (rows.empty()) return;
  const auto done = connection.copy_in("COPY " + table + " FROM STDIN (FORMAT binary)", rows);
  ASSERT_TRUE(done) << done.error().what;
  rows.clear();
}

std::vector<std::int64_t> flat(const std::vector<BookChange>& changes) {
  std::vector<std::int64_t> out;
  for (const auto& c : changes) {
    out.insert(out.end(), {c.ts, is_yes(c.side) ? 1 : 0, c.price.raw(), c.by.hundredths()});
  }
  return out;
}

}  // namespace

Price price_of(std::int64_t raw) { return *Price::from_raw(raw); }

std::vector<Level> levels(std::initializer_list<std::pair<std::int64_t, std::int64_t>> pairs) {
  std::vector<Level> out;
  for (const auto& [price, size] : pairs) out.push_back({price_of(price), Size(size)});
  return out;
}

BookWorld::BookWorld()
    : database_(shared_cluster().make_database("books", SchemaKind::kProduction)),
      production_(shared_cluster().connect(database_)),
      gatherer_(
          shared_cluster().connect(shared_cluster().make_database("line", SchemaKind::kGatherer))) {
}

ConnectOptions BookWorld::production_as(const std::string& user) const {
  return shared_cluster().options(database_, user);
}

void BookWorld::ensure(Connection& connection, const char* table, std::int64_t from,
                       std::int64_t to) {
  for (auto at = from / kWidth * kWidth; at <= to; at += 200 * kWidth) {
    const auto done = connection.query(fmt::format("SELECT kd_ensure_partitions('{}', {}, {})",
                                                   table, at, std::min(to, at + 199 * kWidth)));
    ASSERT_TRUE(done) << done.error().what;
  }
}

void BookWorld::add(const Base& base) {
  CopyRowWriter row(snapshots_);
  row.begin_row(11);
  row.int8(base.sent);
  row.int8(base.sent + 50'000);
  row.bytes(base.ticker);
  row.bytes("ws");
  row.int8_array(flat_levels(base.yes));
  row.int8_array(flat_levels(base.no));
  base.anchored ? row.int8(base.sent + kAnchorAfter) : row.null();
  base.anchored ? row.int8_array(flat(base.anchor)) : row.null();
  row.int2(0);
  row.bytes(base.line);
  row.int8(base.stream_id);
  first_ = std::min(first_, base.sent);
  last_ = std::max(last_, base.sent);
}

void BookWorld::add(const std::string& ticker, const BookChange& change, std::int16_t occurrence,
                    std::int32_t ordinal, const std::string& line) {
  CopyRowWriter row(deltas_);
  row.begin_row(10);
  row.int8(change.ts);
  row.null();
  row.int8(change.ts + 30'000);
  row.bytes(ticker);
  row.boolean(is_yes(change.side));
  row.int4(change.price.raw());
  row.int8(change.by.hundredths());
  row.int2(occurrence);
  row.int4(ordinal);
  row.bytes(line);
  first_ = std::min(first_, change.ts);
  last_ = std::max(last_, change.ts);
}

void BookWorld::add(const PolledBook& rest) {
  CopyRowWriter row(rest_);
  row.begin_row(7);
  row.int8(rest.requested_at);
  row.int8(rest.received_at);
  row.bytes(rest.ticker);
  row.int8_array(flat_levels(rest.book.bids(Side::kYes)));
  row.int8_array(flat_levels(rest.book.bids(Side::kNo)));
  row.int2(rest.occurrence);
  row.bytes(rest.gatherer);
}

void BookWorld::add(const std::string& ticker, const GeneratedMarket& market) {
  for (const auto& c : market.changes) add(ticker, c.change, c.occurrence, c.ordinal);
  for (const auto& s : market.snapshots) {
    const auto yes = s.book.bids(Side::kYes);
    const auto no = s.book.bids(Side::kNo);
    add({.ticker = ticker,
         .line = s.line,
         .sent = s.sent,
         .yes = {yes.begin(), yes.end()},
         .no = {no.begin(), no.end()},
         .anchor = market.anchor_of(s),
         .anchored = true,
         .stream_id = s.stream_id});
  }
}

// Each stream delivers from its snapshot until three seconds behind the next one's, so that two
// streams of the line deliver the same changes there, under positions of their own.
void BookWorld::add_to_gatherer(const std::string& ticker, const GeneratedMarket& market) {
  struct Row {
    std::int64_t at;
    std::vector<char> bytes;
  };
  std::vector<Row> deltas;
  std::vector<Row> bases;
  for (std::size_t i = 0; i < market.snapshots.size(); ++i) {
    const auto& s = market.snapshots[i];
    const auto end =
        i + 1 < market.snapshots.size() ? market.snapshots[i + 1].sent + 3'000'000 : market.last();
    for (auto c = s.next_change; c < market.changes.size(); ++c) {
      const auto& [change, occurrence, ordinal] = market.changes[c];
      if (change.ts > end) break;
      // The first millisecond of a stream may be seen in part only: its occurrences start over.
      if (change.ts <= s.sent && occurrence != 0) continue;
      auto& row = deltas.emplace_back(Row{change.ts, {}});
      CopyRowWriter writer(row.bytes);
      writer.int8(change.ts);
      writer.null();
      writer.int8(change.ts + 30'000);
      writer.bytes(ticker);
      writer.boolean(is_yes(change.side));
      writer.int4(change.price.raw());
      writer.int8(change.by.hundredths());
      writer.int2(occurrence);
      writer.int4(ordinal);
      writer.int8(s.stream_id);
      writer.int8(static_cast<std::int64_t>(c));
    }
    auto& row = bases.emplace_back(Row{s.sent + kAnchorAfter, {}});
    CopyRowWriter writer(row.bytes);
    writer.int8(s.sent);
    writer.int8(s.sent + 30'000);
    writer.bytes(ticker);
    writer.bytes("ws");
    writer.int8_array(flat_levels(s.book.bids(Side::kYes)));
    writer.int8_array(flat_levels(s.book.bids(Side::kNo)));
    writer.int8(s.sent + kAnchorAfter);
    writer.int8_array(flat(market.anchor_of(s)));
    writer.int2(0);
    writer.int8(s.stream_id);
    writer.int8(static_cast<std::int64_t>(i));
  }
  const auto store = [&](const char* table, std::vector<Row>& rows) {
    std::ranges::stable_sort(rows, {}, &Row::at);
    std::vector<char> bytes;
    std::int64_t position = 0;
    for (const auto& row : rows) {
      position = std::max(position + 1, row.at + 40'000);
      CopyRowWriter writer(bytes);
      writer.begin_row(12);
      writer.int8(position);
      bytes.insert(bytes.end(), row.bytes.begin(), row.bytes.end());
    }
    ensure(*gatherer_, table, rows.front().at, position);
    put(*gatherer_, table, bytes);
  };
  store("orderbook_deltas", deltas);
  store("orderbook_snapshots", bases);
}

void BookWorld::flush() {
  if (first_ <= last_) {
    ensure(*production_, "orderbook_deltas", first_, last_);
    ensure(*production_, "orderbook_snapshots", first_, last_);
  }
  put(*production_,
      "orderbook_deltas (exchange_ts, exchange_us, received_at, ticker, side, price, size_delta, "
      "occurrence, ordinal, gatherer)",
      deltas_);
  put(*production_,
      "orderbook_snapshots (snapshot_ts, received_at, ticker, source, yes_bids, no_bids, "
      "anchor_ts, anchor_deltas, occurrence, gatherer, stream_id)",
      snapshots_);
  put(*production_,
      "rest_books (requested_at, received_at, ticker, yes_bids, no_bids, occurrence, gatherer)",
      rest_);
}

}  // namespace kd
