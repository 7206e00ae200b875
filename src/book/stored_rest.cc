#include "book/stored_rest.h"

#include <fmt/format.h>

#include "book/base_rows.h"
#include "book/stored_values.h"

namespace kd {
namespace {

constexpr std::size_t kColumns = 7;

Expected<PolledBook> rest_of(const CopyRow& row) {
  PolledBook out;
  out.requested_at = row.int8(0).value_or(0);
  out.received_at = row.int8(1).value_or(0);
  out.ticker = row.bytes(2);
  out.gatherer = row.bytes(3);
  out.occurrence = static_cast<std::int16_t>(row.int8(4).value_or(0));
  KD_TRY(const auto yes, levels_of(row.bytes(5)));
  KD_TRY(const auto no, levels_of(row.bytes(6)));
  out.book = FoldedBook(yes, no);
  return out;
}

}  // namespace

Expected<std::vector<PolledBook>> StoredRestBooks::next(int most) {
  const auto of_market = ticker_ ? fmt::format(" AND ticker = {}", sql_text(*ticker_)) : "";
  std::vector<char> rows;
  KD_DO(production_.copy_out(
      copy_of(fmt::format(
          "SELECT snapshot_ts, received_at, ticker, gatherer, occurrence::bigint, yes_bids, "
          "no_bids FROM orderbook_snapshots WHERE source = 'rest' AND snapshot_ts >= {} AND "
          "snapshot_ts < {}{}{} ORDER BY snapshot_ts, ticker, gatherer, occurrence LIMIT {}",
          from_, to_, of_market, behind_, most)),
      rows));
  std::vector<PolledBook> out;
  CopyReader reader(rows, kColumns);
  for (CopyRow row; reader.next(row);) {
    KD_TRY(auto rest, rest_of(row));
    out.push_back(std::move(rest));
  }
  if (out.empty()) return out;
  const auto& last = out.back();
  behind_ = fmt::format(
      " AND snapshot_ts >= {0} AND (snapshot_ts, ticker, gatherer, occurrence) > ({0}, {1}, {2}, "
      "{3})",
      last.requested_at, sql_text(last.ticker), sql_text(last.gatherer), last.occurrence);
  return out;
}

}  // namespace kd
