#include "book/pending_books.h"

#include <fmt/format.h>

#include "book/base_rows.h"
#include "book/explain.h"
#include "book/stored_values.h"
#include "codec/copy_row.h"

namespace kd {
namespace {

constexpr std::size_t kPendingColumns = 7;
constexpr std::int16_t kResultColumns = 13;

// As kd_shard() of the gatherers.
std::string shard_sql(const MarketShard& shard) {
  if (shard.count <= 1) return "true";
  return fmt::format("(hashtextextended(ticker, 0) & 9223372036854775807) % {} = {}", shard.count,
                     shard.index);
}

void add(const CopyRow& row, PendingBooks& out) {
  PolledBook rest;
  rest.requested_at = row.int8(0).value_or(0);
  rest.received_at = row.int8(1).value_or(0);
  rest.ticker = row.bytes(2);
  rest.gatherer = row.bytes(3);
  rest.occurrence = static_cast<std::int16_t>(row.int8(4).value_or(0));
  const auto yes = levels_of(row.bytes(5));
  const auto no = levels_of(row.bytes(6));
  out.readable.push_back(yes && no);
  if (yes && no) rest.book = FoldedBook(*yes, *no);
  out.books.push_back(std::move(rest));
}

void append_result(CopyRowWriter& row, const PolledBook& rest, const CheckResult& result,
                   std::int64_t now_us) {
  row.begin_row(kResultColumns);
  row.int8(rest.requested_at);
  row.int8(rest.received_at);
  row.bytes(rest.ticker);
  row.bytes(rest.gatherer);
  row.int2(rest.occurrence);
  row.bytes(name_of(result.verdict));
  row.int8(result.matched_at);
  result.base_line.empty() ? row.null() : row.bytes(result.base_line);
  row.int8(result.base_ts);
  row.int8(result.agreed_at);
  result.differences.empty() ? row.null() : row.jsonb(json_of(result.differences));
  row.int8(now_us);
  row.boolean(result.store_in_full);
}

// Its statistics are unknown, so that a plan could well read all waiting books.
constexpr const char* kSettle =
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
    "INSERT INTO orderbook_snapshots (snapshot_ts, received_at, ticker, source, yes_bids, no_bids, "
    "occurrence, gatherer) SELECT r.requested_at, r.received_at, r.ticker, 'rest', r.yes_bids, "
    "r.no_bids, r.occurrence, r.gatherer FROM stage_book_checks s JOIN rest_books r USING "
    "(requested_at, ticker, gatherer, occurrence) WHERE s.in_full ON CONFLICT DO NOTHING;"
    "INSERT INTO book_checks SELECT requested_at, received_at, ticker, gatherer, occurrence, "
    "verdict, matched_at, base_gatherer, base_ts, agreed_at, difference, checked_at FROM "
    "stage_book_checks ON CONFLICT DO NOTHING;"
    "DELETE FROM rest_books r USING stage_book_checks s WHERE r.requested_at = s.requested_at AND "
    "r.ticker = s.ticker AND r.gatherer = s.gatherer AND r.occurrence = s.occurrence";

Expected<void> store_in_transaction(Connection& production, const std::vector<char>& rows) {
  KD_DO(production.begin());
  KD_DO(production.copy_in("COPY stage_book_checks FROM STDIN (FORMAT binary)", rows));
  KD_DO(production.exec(kSettle));
  return production.commit();
}

}  // namespace

Expected<PendingBooks> load_pending(Connection& production, const MarketShard& shard,
                                    std::int64_t until, int most) {
  std::vector<char> rows;
  KD_DO(production.copy_out(
      copy_of(fmt::format(
          "SELECT requested_at, received_at, ticker, gatherer, occurrence::bigint, yes_bids, "
          "no_bids FROM rest_books WHERE requested_at <= {0} AND received_at <= {0} AND {1} "
          "ORDER BY requested_at, ticker, gatherer, occurrence LIMIT {2}",
          until, shard_sql(shard), most)),
      rows));
  PendingBooks out;
  CopyReader reader(rows, kPendingColumns);
  for (CopyRow row; reader.next(row);) add(row, out);
  return out;
}

Expected<bool> more_pending_than(Connection& production, std::int64_t bound) {
  KD_TRY(const auto rows,
         production.query(fmt::format(
             "SELECT count(*) FROM (SELECT FROM rest_books LIMIT {}) pending", bound + 1)));
  return int_at(rows.front(), 0).value_or(0) > bound;
}

Expected<void> prepare_results(Connection& production) {
  KD_DO(production.exec(
      "CREATE TEMP TABLE IF NOT EXISTS stage_book_checks (LIKE book_checks, in_full boolean NOT "
      "NULL) ON COMMIT DELETE ROWS"));
  return {};
}

Expected<void> store_results(Connection& production, const PendingBooks& pending,
                             const std::vector<CheckResult>& results, std::int64_t now_us) {
  std::vector<char> rows;
  CopyRowWriter writer(rows);
  for (std::size_t i = 0; i < results.size(); ++i) {
    append_result(writer, pending.books[i], results[i], now_us);
  }
  const auto done = store_in_transaction(production, rows);
  if (!done && production.usable()) (void)production.rollback();
  return done;
}

}  // namespace kd
