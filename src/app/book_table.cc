#include "app/book_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/time_option.h"
#include "base/json_quote.h"
#include "book/level_text.h"

namespace kd {
namespace {

std::string time_text(std::int64_t us) { return format_time(micros_from_us(us)); }

// Best first.
std::vector<Level> best_bids(const FoldedBook& book, Side side, std::optional<std::size_t> depth) {
  const auto bids = book.bids(side);
  const auto shown = std::min(bids.size(), depth.value_or(bids.size()));
  return {bids.rbegin(), bids.rbegin() + static_cast<std::ptrdiff_t>(shown)};
}

std::vector<Level> best_asks(const FoldedBook& book, Side side, std::optional<std::size_t> depth) {
  auto out = best_bids(book, is_yes(side) ? Side::kNo : Side::kYes, depth);
  for (auto& level : out) level.price = level.price.complement();
  return out;
}

std::optional<std::int64_t> spread_of(const FoldedBook& book) {
  const auto bid = book.best_bid(Side::kYes);
  const auto ask = book.best_ask(Side::kYes);
  if (!bid || !ask) return std::nullopt;
  return std::int64_t{ask->price.raw()} - bid->price.raw();
}

// A spread may be below zero where the book is wrong.
std::string dollars(std::int64_t raw) {
  const auto price = Price::from_raw(raw < 0 ? -raw : raw);
  return (raw < 0 ? "-" : "") + price_text(*price);
}

std::string cell(const std::vector<Level>& levels, std::size_t i, bool size) {
  if (i >= levels.size()) return "";
  return size ? size_text(levels[i].size) : price_text(levels[i].price);
}

std::string levels_text(const FoldedBook& book, std::optional<std::size_t> depth) {
  const auto bids = best_bids(book, Side::kYes, depth);
  const auto asks = best_asks(book, Side::kYes, depth);
  const auto no_bids = best_bids(book, Side::kNo, depth);
  std::string out = fmt::format("{:>16} {:>9} | {:>9} {:>16} {:>9}\n", "size", "yes bid", "yes ask",
                                "size", "no bid");
  for (std::size_t i = 0; i < std::max(bids.size(), asks.size()); ++i) {
    out += fmt::format("{:>16} {:>9} | {:>9} {:>16} {:>9}\n", cell(bids, i, true),
                       cell(bids, i, false), cell(asks, i, false), cell(asks, i, true),
                       cell(no_bids, i, false));
  }
  if (bids.empty() && asks.empty()) out += fmt::format("{:>27}\n", "no bids and no asks");
  return out;
}

std::string best_text(const FoldedBook& book, Side side) {
  const auto bid = book.best_bid(side);
  const auto ask = book.best_ask(side);
  return fmt::format("{} {} / {}", is_yes(side) ? "yes" : "no", bid ? price_text(bid->price) : "-",
                     ask ? price_text(ask->price) : "-");
}

std::string base_text(const BookAnswer& answer) {
  const auto& base = *answer.base;
  auto out = fmt::format("base     snapshot of {} at {}", base.line, time_text(base.snapshot_ts));
  out += base.anchor_ts ? fmt::format(", anchored at {}\n", time_text(*base.anchor_ts))
                        : std::string(", without an anchor\n");
  out += fmt::format("changes  {} applied", answer.changes);
  if (answer.last_change)
    out += fmt::format(", the last one of {}", time_text(*answer.last_change));
  return out + "\n" +
         fmt::format("covered  {} .. {}: {}\n", time_text(answer.needed_from),
                     time_text(answer.needed_to),
                     answer.holes.empty() ? "throughout"
                                          : fmt::format("but {} hole{}", answer.holes.size(),
                                                        answer.holes.size() == 1 ? "" : "s"));
}

std::string levels_json(const std::vector<Level>& levels) {
  std::string out = "[";
  for (const auto& level : levels) {
    out += fmt::format(R"({}["{}", "{}"])", out.size() > 1 ? ", " : "", price_text(level.price),
                       size_text(level.size));
  }
  return out + "]";
}

std::string price_json(const std::optional<Level>& level) {
  return level ? json_quote(price_text(level->price)) : "null";
}

std::string time_json(const std::optional<std::int64_t>& us) {
  return us ? json_quote(time_text(*us)) : "null";
}

std::string holes_json(const std::vector<CoverageHole>& holes) {
  std::string out = "[";
  for (const auto& hole : holes) {
    out += fmt::format(R"({}{{"from": "{}", "to": "{}", "cause": {}}})", out.size() > 1 ? ", " : "",
                       time_text(hole.from), time_text(hole.to), json_quote(hole.cause));
  }
  return out + "]";
}

std::string base_json(const BookAnswer& answer) {
  if (!answer.base) return "null";
  return fmt::format(R"({{"gatherer": {}, "snapshot_ts": "{}", "anchor_ts": {}}})",
                     json_quote(answer.base->line), time_text(answer.base->snapshot_ts),
                     time_json(answer.base->anchor_ts));
}

std::string coverage_json(const BookAnswer& answer) {
  if (!answer.base) return "null";
  return fmt::format(R"({{"from": "{}", "to": "{}", "holes": {}}})", time_text(answer.needed_from),
                     time_text(answer.needed_to), holes_json(answer.holes));
}

std::string reasons_json(const std::vector<std::string>& reasons) {
  std::string out = "[";
  for (const auto& reason : reasons) out += (out.size() > 1 ? ", " : "") + json_quote(reason);
  return out + "]";
}

}  // namespace

std::string book_text(const BookAnswer& answer, std::optional<std::size_t> depth) {
  auto out = fmt::format("{} at {}: {}\n", answer.ticker, time_text(answer.at),
                         answer.exact() ? "exact" : "NOT EXACT");
  for (const auto& reason : answer.reasons) out += fmt::format("  - {}\n", reason);
  if (!answer.base) return out;
  out += "\n" + levels_text(answer.book, depth);
  const auto spread = spread_of(answer.book);
  out += fmt::format("\nbest     {}   {}   spread {}\n", best_text(answer.book, Side::kYes),
                     best_text(answer.book, Side::kNo), spread ? dollars(*spread) : "-");
  return out + base_text(answer);
}

std::string book_json(const BookAnswer& answer, std::optional<std::size_t> depth) {
  const auto& book = answer.book;
  const auto spread = spread_of(book);
  return fmt::format(
      R"({{"ticker": {}, "at": "{}", "exact": {}, "reasons": {}, "best_yes_bid": {}, )"
      R"("best_yes_ask": {}, "spread": {}, "yes_bids": {}, "yes_asks": {}, "no_bids": {}, )"
      R"("no_asks": {}, "base": {}, "changes": {}, "last_change": {}, "coverage": {}}})"
      "\n",
      json_quote(answer.ticker), time_text(answer.at), answer.exact(), reasons_json(answer.reasons),
      price_json(book.best_bid(Side::kYes)), price_json(book.best_ask(Side::kYes)),
      spread ? json_quote(dollars(*spread)) : "null",
      levels_json(best_bids(book, Side::kYes, depth)),
      levels_json(best_asks(book, Side::kYes, depth)),
      levels_json(best_bids(book, Side::kNo, depth)),
      levels_json(best_asks(book, Side::kNo, depth)), base_json(answer), answer.changes,
      time_json(answer.last_change), coverage_json(answer));
}

}  // namespace kd
