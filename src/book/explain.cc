#include "book/explain.h"

#include <fmt/format.h>

#include "base/json_quote.h"
#include "book/level_text.h"
#include "book/stored_values.h"

namespace kd {
namespace {

constexpr std::size_t kMostLevels = 100;

const char* side_name(Side side) { return is_yes(side) ? "yes" : "no"; }

std::string number_or_null(const std::optional<std::int64_t>& value) {
  return value ? fmt::to_string(*value) : "null";
}

Size excess(const LevelDifference& level) {
  return Size(level.rebuilt.hundredths() - level.rest.hundredths());
}

}  // namespace

Expected<std::vector<ExplainedDifference>> explained(Connection& production,
                                                     const std::string& ticker, std::int64_t after,
                                                     std::int64_t to,
                                                     const std::vector<LevelDifference>& levels) {
  std::vector<ExplainedDifference> out;
  for (const auto& level : levels) {
    out.push_back({level, 0, "", std::nullopt, std::nullopt});
    if (out.size() > kMostLevels) continue;
    KD_TRY(const auto rows,
           production.query(fmt::format(
               "SELECT count(*), string_agg(DISTINCT gatherer, ', '), min(exchange_ts), "
               "max(exchange_ts) FROM orderbook_deltas WHERE ticker = {} AND exchange_ts > {} AND "
               "exchange_ts <= {} AND price = {} AND side = {}",
               sql_text(ticker), after, to, level.price.raw(), is_yes(level.side))));
    const auto& row = rows.front();
    out.back().changes = int_at(row, 0).value_or(0);
    out.back().lines = row[1].value_or("");
    out.back().first_change = int_at(row, 2);
    out.back().last_change = int_at(row, 3);
  }
  return out;
}

std::string json_of(const std::vector<ExplainedDifference>& differences) {
  std::string out = "[";
  for (const auto& d : differences) {
    out += fmt::format(
        R"({}{{"side": "{}", "price": {}, "rest": {}, "rebuilt": {}, "difference": {}, )"
        R"("changes": {}, "lines": {}, "first_change": {}, "last_change": {}}})",
        out.size() > 1 ? ", " : "", side_name(d.level.side), d.level.price.raw(),
        d.level.rest.hundredths(), d.level.rebuilt.hundredths(), excess(d.level).hundredths(),
        d.changes, json_quote(d.lines), number_or_null(d.first_change),
        number_or_null(d.last_change));
  }
  return out + "]";
}

std::string text_of(const ExplainedDifference& d) {
  const auto by = excess(d.level);
  return fmt::format("{} {}: {} rebuilt, {} over REST ({}{}; {} change{}{}{})",
                     side_name(d.level.side), price_text(d.level.price), size_text(d.level.rebuilt),
                     size_text(d.level.rest), by > Size() ? "+" : "", size_text(by), d.changes,
                     d.changes == 1 ? "" : "s", d.lines.empty() ? "" : " by ", d.lines);
}

}  // namespace kd
