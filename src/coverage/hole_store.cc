#include "coverage/hole_store.h"

#include <fmt/format.h>

#include "base/json_quote.h"
#include "coverage/evidence_reader.h"

namespace kd {
namespace {

constexpr std::size_t kMost = 5'000;  // changes in memory

constexpr std::int64_t kNoSocket = -1;
constexpr std::string_view kHoleColumns =
    "from_ts bigint, to_ts bigint, cause text, gatherer text, connection integer, reason text, "
    "lines jsonb";

std::string or_null(std::int64_t number, std::int64_t null) {
  return number == null ? "null" : fmt::to_string(number);
}

}  // namespace

Expected<StoredHoles> load_holes(Connection& production, const std::string& channel,
                                 std::int64_t since,
                                 std::optional<std::span<const std::string>> only) {
  const auto rows = production.query(
      "SELECT id, ticker, from_ts, to_ts, concat_ws(' ', cause, gatherer, coalesce(connection, "
      "-1), "
      "coalesce(reason, '')) FROM coverage_holes WHERE healed_at IS NULL AND channel = "
      "$1 AND (to_ts IS NULL OR to_ts >= $2) AND ($3::text[] IS NULL OR ticker = ANY ($3::text[])) "
      "ORDER BY ticker, from_ts",
      {channel, fmt::to_string(since), only ? SqlValue(text_array(*only)) : std::nullopt});
  if (!rows) return tl::unexpected(rows.error());
  StoredHoles out;
  for (const auto& row : *rows) {
    const auto& ticker = text_at(row, 1);
    out[ticker].push_back({.id = int_at(row, 0).value_or(0),
                           .ticker = ticker,
                           .channel = channel,
                           .from = int_at(row, 2).value_or(0),
                           .to = int_at(row, 3).value_or(kNever),
                           .blame = text_at(row, 4)});
  }
  return out;
}

Expected<std::optional<CoverageState>> load_coverage_state(Connection& production) {
  KD_TRY(const auto rows,
         production.query("SELECT horizon, read_xid, markets FROM coverage_state"));
  if (rows.empty()) return std::nullopt;
  const auto& row = rows.front();
  return CoverageState{.horizon = int_at(row, 0).value_or(0),
                       .read_xid = int_at(row, 1).value_or(0),
                       .markets = int_at(row, 2).value_or(0)};
}

Expected<void> store_coverage_state(Connection& production, const CoverageState& state,
                                    std::int64_t now) {
  KD_DO(production.execute(
      "INSERT INTO coverage_state (horizon, read_xid, markets, updated_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (only_row) DO UPDATE SET horizon = excluded.horizon, read_xid = "
      "excluded.read_xid, markets = excluded.markets, updated_at = excluded.updated_at",
      {fmt::to_string(state.horizon), fmt::to_string(state.read_xid), fmt::to_string(state.markets),
       fmt::to_string(now)}));
  return {};
}

Expected<void> HoleStore::add(const std::string& ticker, const std::string& channel,
                              HoleChanges changes) {
  made_ += std::ssize(changes.made);
  healed_ += std::ssize(changes.healed);
  heal_.insert(heal_.end(), changes.healed.begin(), changes.healed.end());
  move_.insert(move_.end(), changes.moved.begin(), changes.moved.end());
  for (auto& hole : changes.made) new_.push_back({ticker, channel, std::move(hole)});
  return heal_.size() + move_.size() + new_.size() > kMost ? flush() : Expected<void>{};
}

// In this order, so that what moves or is new meets no row that is going.
Expected<void> HoleStore::flush() {
  KD_DO(heal());
  KD_DO(move());
  return insert();
}

Expected<void> HoleStore::heal() {
  if (heal_.empty()) return {};
  KD_DO(production_.execute(
      "UPDATE coverage_holes SET healed_at = $2, changed_at = $2 WHERE id = ANY ($1::bigint[])",
      {bigint_array(heal_), fmt::to_string(now_)}));
  heal_.clear();
  return {};
}

Expected<void> HoleStore::move() {
  if (move_.empty()) return {};
  std::string rows;
  for (const auto& [id, hole] : move_) {
    rows += rows.empty() ? "[" : ",";
    rows += fmt::format(R"({{"id":{},{}}})", id, hole_json(hole));
  }
  KD_DO(production_.execute(
      fmt::format("UPDATE coverage_holes h SET from_ts = n.from_ts, to_ts = n.to_ts, cause = "
                  "n.cause, gatherer = n.gatherer, connection = n.connection, reason = "
                  "nullif(n.reason, ''), lines = n.lines, changed_at = $2 FROM "
                  "json_to_recordset($1::json) AS n(id bigint, {}) WHERE h.id = n.id",
                  kHoleColumns),
      {rows + "]", fmt::to_string(now_)}));
  move_.clear();
  return {};
}

Expected<void> HoleStore::insert() {
  if (new_.empty()) return {};
  std::string rows;
  for (const auto& [ticker, channel, hole] : new_) {
    rows += rows.empty() ? "[" : ",";
    rows += fmt::format(R"({{"ticker":{},"channel":{},{}}})", json_quote(ticker),
                        json_quote(channel), hole_json(hole));
  }
  KD_DO(production_.execute(
      fmt::format("INSERT INTO coverage_holes (ticker, channel, from_ts, to_ts, cause, gatherer, "
                  "connection, reason, lines, found_at, changed_at) SELECT ticker, channel, "
                  "from_ts, to_ts, cause, gatherer, connection, nullif(reason, ''), lines, $2, $2 "
                  "FROM json_to_recordset($1::json) AS n(ticker text, channel text, {})",
                  kHoleColumns),
      {rows + "]", fmt::to_string(now_)}));
  new_.clear();
  return {};
}

// As kHoleColumns names it.
std::string HoleStore::hole_json(const Hole& hole) const {
  const auto first = hole.lines.empty() ? LineLoss{} : hole.lines.front();
  return fmt::format(
      R"("from_ts":{},"to_ts":{},"cause":{},"gatherer":{},"connection":{},"reason":{},"lines":{})",
      hole.when.from, or_null(hole.when.to, kNever), json_quote(name_of(first.cause)),
      json_quote(hole.lines.empty() ? "" : name(first.gatherer)),
      or_null(first.connection, kNoSocket), json_quote(first.reason), lines_json(hole));
}

std::string HoleStore::lines_json(const Hole& hole) const {
  std::string out = "[";
  for (const auto& line : hole.lines) {
    out += out.size() > 1 ? "," : "";
    out += fmt::format(R"({{"gatherer":{},"cause":{},"connection":{},"since":{},"reason":{}}})",
                       json_quote(name(line.gatherer)), json_quote(name_of(line.cause)),
                       or_null(line.connection, kNoSocket), or_null(line.since, kEver),
                       json_quote(line.reason));
  }
  return out + "]";
}

const std::string& HoleStore::name(std::uint32_t gatherer) const {
  return evidence_.gatherers()[gatherer].name;
}

}  // namespace kd
