#include "book/batch_books.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "book/base_rows.h"
#include "book/production_books.h"
#include "book/stored_values.h"

namespace kd {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
// What lies further back is asked for market by market, with constants, so that a statement for
// many touches few partitions, and none that is compressed.
constexpr std::int64_t kReach = 2 * kDay;

template <typename Request, typename Field>
std::string array_of(std::span<const Request> requests, Field field, const char* type) {
  std::string out = "ARRAY[";
  for (const auto& request : requests) {
    if (out.back() != '[') out += ',';
    if constexpr (std::is_same_v<decltype(field(request)), std::string>) {
      out += sql_text(field(request));
    } else {
      out += fmt::to_string(field(request));
    }
  }
  return out + "]::" + type + "[]";
}

template <typename Request>
std::string tickers(std::span<const Request> requests) {
  return array_of(requests, [](const Request& r) { return std::string(r.ticker); }, "text");
}

std::string stretches(std::span<const StretchRequest> requests) {
  return fmt::format("unnest({}, {}, {}) WITH ORDINALITY q(ticker, from_ts, to_ts, i)",
                     tickers(requests),
                     array_of(
                         requests, [](const auto& r) { return r.from; }, "bigint"),
                     array_of(requests, [](const auto& r) { return r.to; }, "bigint"));
}

std::int64_t first_from(std::span<const StretchRequest> requests) {
  return std::ranges::min(requests, {}, &StretchRequest::from).from;
}

std::string known_sql(std::span<const StretchRequest> requests, bool with_older) {
  // A compressed chunk is searched by the ticker's value, but read whole for that of another row.
  const bool alone = requests.size() == 1;
  const auto ticker = alone ? sql_text(requests.front().ticker) : std::string("q.ticker");
  const std::string base = fmt::format(
      "SELECT gatherer, snapshot_ts, anchor_ts, yes_bids, no_bids, anchor_deltas, stream_id, "
      "occurrence FROM orderbook_snapshots s WHERE s.ticker = {} AND s.source = 'ws' AND "
      "s.anchor_ts IS NOT NULL AND s.snapshot_ts > {} AND s.snapshot_ts <= {} AND NOT EXISTS "
      "(SELECT FROM frozen_lines f WHERE f.ticker = s.ticker AND f.gatherer = s.gatherer AND "
      "f.from_ts < s.anchor_ts AND f.to_ts > s.snapshot_ts)",
      ticker, first_from(requests) - (with_older ? kReach : 0),
      std::ranges::max(requests, {}, &StretchRequest::to).to);
  const std::string older =
      with_older ? fmt::format(
                       "({} AND s.snapshot_ts <= q.from_ts ORDER BY s.snapshot_ts DESC "
                       "LIMIT 1) UNION ALL ",
                       base)
                 : "";
  return copy_of(fmt::format(
      "SELECT q.i, b.gatherer, b.snapshot_ts, b.anchor_ts, b.yes_bids, b.no_bids, "
      "b.anchor_deltas, b.stream_id, b.occurrence::bigint, false FROM {} CROSS JOIN LATERAL "
      "({}({} AND s.snapshot_ts > q.from_ts AND s.snapshot_ts <= q.to_ts)) b",
      stretches(requests), older, base));
}

Expected<void> add_older(Connection& production, const StretchRequest& request,
                         std::vector<KnownBook>& known) {
  ProductionBooks books(production);
  KD_TRY(auto bases, books.bases_before(request.ticker, request.from, 1));
  if (!bases.empty()) known.push_back(std::move(bases.front().known));
  return {};
}

bool reaches_back(const std::vector<KnownBook>& known, std::int64_t from) {
  return std::ranges::any_of(known, [&](const auto& book) { return book.since <= from; });
}

// Rows of a batch are numbered from 1 in their first column.
template <typename Value, typename Read>
Expected<void> each_numbered(std::span<const char> rows, std::size_t columns,
                             std::vector<std::vector<Value>>& out, Read read) {
  CopyReader reader(rows, columns + 1);
  for (CopyRow row; reader.next(row);) {
    KD_TRY(auto value, read(row, 1));
    out.at(static_cast<std::size_t>(row.int8(0).value_or(0) - 1)).push_back(std::move(value));
  }
  return {};
}

constexpr const char* kChangeColumnsSql =
    "CASE WHEN d.exchange_ts <= {0} THEN {0} ELSE d.exchange_ts END AS ts, d.side, "
    "d.price::bigint, sum(d.size_delta)::bigint";

std::string changes_sql(std::span<const ChangeRequest> requests) {
  const auto columns = fmt::format(fmt::runtime(kChangeColumnsSql), "q.sum_until");
  return copy_of(fmt::format(
      "SELECT q.i, {} FROM unnest({}, {}, {}, {}) WITH ORDINALITY q(ticker, after, sum_until, "
      "until, i) CROSS JOIN LATERAL (SELECT * FROM orderbook_deltas c WHERE c.ticker = q.ticker "
      "AND c.exchange_ts > q.after AND c.exchange_ts <= q.until AND c.exchange_ts > {} AND "
      "c.exchange_ts <= {}) d GROUP BY 1, 2, 3, 4",
      columns, tickers(requests),
      array_of(
          requests, [](const auto& r) { return r.after; }, "bigint"),
      array_of(
          requests, [](const auto& r) { return r.sum_until; }, "bigint"),
      array_of(
          requests, [](const auto& r) { return r.to; }, "bigint"),
      std::ranges::min(requests, {}, &ChangeRequest::after).after,
      std::ranges::max(requests, {}, &ChangeRequest::to).to));
}

std::string changes_sql(const ChangeRequest& request) {
  const auto columns =
      fmt::format(fmt::runtime(kChangeColumnsSql), fmt::format("{}::bigint", request.sum_until));
  return copy_of(fmt::format(
      "SELECT 1::bigint, {} FROM orderbook_deltas d WHERE d.ticker = {} AND d.exchange_ts > {} "
      "AND d.exchange_ts <= {} GROUP BY 1, 2, 3, 4",
      columns, sql_text(request.ticker), request.after, request.to));
}

Expected<std::vector<std::vector<BookChange>>> read_changes(Connection& production,
                                                            const std::string& sql,
                                                            std::size_t requests) {
  std::vector<char> rows;
  KD_DO(production.copy_out(sql, rows));
  std::vector<std::vector<BookChange>> out(requests);
  KD_DO(each_numbered(rows, kChangeColumns, out, change_of));
  return out;
}

Expected<std::vector<std::vector<KnownBook>>> read_known(Connection& production,
                                                         std::span<const StretchRequest> requests,
                                                         bool with_older) {
  std::vector<std::vector<KnownBook>> out(requests.size());
  if (requests.empty()) return out;
  std::vector<char> rows;
  KD_DO(production.copy_out(known_sql(requests, with_older), rows));
  KD_DO(each_numbered(rows, kBaseColumns, out,
                      [](const CopyRow& row, std::size_t first) -> Expected<KnownBook> {
                        KD_TRY(auto base, base_of(row, first));
                        return std::move(base.known);
                      }));
  return out;
}

}  // namespace

Expected<std::vector<std::vector<KnownBook>>> load_known(Connection& production,
                                                         std::span<const StretchRequest> requests) {
  KD_TRY(auto out, read_known(production, requests, true));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!reaches_back(out[i], requests[i].from)) {
      KD_DO(add_older(production, requests[i], out[i]));
    }
  }
  return out;
}

Expected<std::vector<std::vector<KnownBook>>> load_newer(Connection& production,
                                                         std::span<const StretchRequest> requests) {
  return read_known(production, requests, false);
}

Expected<std::vector<std::vector<BookChange>>> load_changes(
    Connection& production, std::span<const ChangeRequest> requests) {
  std::vector<std::vector<BookChange>> out(requests.size());
  if (requests.empty()) return out;
  const auto newest = std::ranges::max(requests, {}, &ChangeRequest::to).to;
  std::vector<ChangeRequest> near;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].after >= requests[i].to) continue;
    if (requests[i].after > newest - kReach) {
      near.push_back(requests[i]);
      places.push_back(i);
      continue;
    }
    KD_TRY(auto far, read_changes(production, changes_sql(requests[i]), 1));
    out[i] = std::move(far.front());
  }
  if (near.empty()) return out;
  const auto sql = near.size() == 1 ? changes_sql(near.front()) : changes_sql(near);
  KD_TRY(auto found, read_changes(production, sql, near.size()));
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move(found[i]);
  return out;
}

Expected<std::vector<std::optional<std::int64_t>>> load_last_full(
    Connection& production, std::span<const StretchRequest> requests) {
  std::vector<std::optional<std::int64_t>> out(requests.size());
  if (requests.empty()) return out;
  KD_TRY(const auto rows,
         production.query(fmt::format(
             "SELECT q.i, f.snapshot_ts FROM {} CROSS JOIN LATERAL (SELECT s.snapshot_ts FROM "
             "orderbook_snapshots s WHERE s.ticker = q.ticker AND s.source = 'rest' AND "
             "s.snapshot_ts > q.from_ts - {} AND s.snapshot_ts > {} ORDER BY s.snapshot_ts DESC "
             "LIMIT 1) f",
             stretches(requests), kDay, first_from(requests) - kDay)));
  for (const auto& row : rows) {
    out.at(static_cast<std::size_t>(int_at(row, 0).value_or(1) - 1)) = int_at(row, 1);
  }
  return out;
}

// The ledger's row and the snapshot's are of the same frame.
Expected<bool> replaced_by_exchange(Connection& production, const std::string& ticker,
                                    const KnownBook& by) {
  KD_TRY(const auto rows,
         production.query(fmt::format(
             "SELECT 1 FROM orderbook_snapshots s JOIN ledger l ON l.at = s.received_at AND "
             "l.gatherer = s.gatherer AND l.stream_id = s.stream_id WHERE s.ticker = {0} AND "
             "s.source = 'ws' AND s.snapshot_ts = {1} AND s.gatherer = {2} AND l.event = 'reset' "
             "AND {0} = ANY (l.tickers) LIMIT 1",
             sql_text(ticker), by.since, sql_text(by.line))));
  return !rows.empty();
}

void drop_older(std::vector<KnownBook>& known, std::int64_t from) {
  std::ranges::stable_sort(known, {}, [](const auto& k) { return std::tuple(k.since, k.at); });
  const auto behind = std::ranges::upper_bound(known, from, {}, &KnownBook::since);
  if (behind != known.begin()) known.erase(known.begin(), behind - 1);
}

ChangeRequest changes_for(const std::string& ticker, const std::vector<KnownBook>& known,
                          std::int64_t from, std::int64_t to) {
  ChangeRequest out{ticker, from, from, to};
  if (known.empty()) return {ticker, to, to, to};
  const auto oldest = std::ranges::min(known, {}, &KnownBook::since);
  if (oldest.since <= from) {
    out.after = std::min(from, oldest.at);
  } else {
    out.after = out.sum_until = oldest.since;  // nothing is known before it
  }
  for (const auto& book : known) out.to = std::max(out.to, book.at);
  return out;
}

}  // namespace kd
