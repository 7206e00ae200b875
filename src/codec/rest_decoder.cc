#include "codec/rest_decoder.h"

#include <simdjson.h>

#include "codec/json_fields.h"
#include "codec/message_time.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

using json::bad;
using json::ondemand::array;
using json::ondemand::object;
using json::ondemand::value;

// A body parsed, with the copy that the parser needs (padded at its end).
struct Body {
  explicit Body(std::string_view text) : padded(text) {}
  // Fails unless all of the text is JSON: behind an error of the text the parser, which reads on
  // demand, must not be asked for more.
  Expected<object> root() {
    simdjson::dom::parser whole;
    if (const auto error = whole.parse(padded).error()) return bad("body", error);
    if (const auto error = parser.iterate(padded).get(document)) return bad("body", error);
    object out;
    if (const auto error = document.get_object().get(out)) return bad("body", error);
    return out;
  }
  simdjson::padded_string padded;
  json::ondemand::parser parser;
  json::ondemand::document document;
};

Expected<value> required(object& from, std::string_view field) {
  value out;
  if (const auto error = from[field].get(out)) {
    return error == simdjson::NO_SUCH_FIELD ? bad(field, "missing") : bad(field, error);
  }
  return out;
}

// Absent and null are the same.
std::optional<value> optional_value(object& from, std::string_view field) {
  value out;
  if (from[field].get(out) || json::is_null(out)) return std::nullopt;
  return out;
}

Expected<std::string> required_text(object& from, std::string_view field) {
  KD_TRY(auto v, required(from, field));
  KD_TRY(const auto text, json::text(field, v));
  return std::string(text);
}

Expected<Micros> required_time(object& from, std::string_view field) {
  KD_TRY(const auto text, required_text(from, field));
  return json::named(field, parse_rfc3339(text));
}

Expected<bool> required_bool(object& from, std::string_view field) {
  KD_TRY(auto v, required(from, field));
  return json::boolean(field, v);
}

Expected<double> required_number(object& from, std::string_view field) {
  KD_TRY(auto v, required(from, field));
  double out = 0;
  if (const auto error = v.get_double().get(out)) return bad(field, error);
  return out;
}

// Calls `read(object) -> Expected<void>` for each object of the list `field`.
template <typename Read>
Expected<void> for_each(object& from, std::string_view field, Read read) {
  KD_TRY(auto v, required(from, field));
  array list;
  if (const auto error = v.get_array().get(list)) return bad(field, error);
  for (auto entry : list) {
    object item;
    if (const auto error = entry.get_object().get(item)) return bad(field, error);
    if (auto done = read(item); !done) return done;
  }
  return {};
}

// Absent and null mean the last page, as the empty string does.
Expected<std::string> cursor_of(object& from) {
  const auto v = optional_value(from, "cursor");
  if (!v) return std::string();
  KD_TRY(const auto text, json::text("cursor", *v));
  return std::string(text);
}

// A market is recorded even when its times cannot be read.
Expected<Market> market_from(object& item) {
  Market market;
  KD_TRY(market.ticker, required_text(item, "ticker"));
  KD_TRY(market.status, required_text(item, "status"));
  if (const auto open = required_time(item, "open_time")) market.open_time = *open;
  if (const auto close = required_time(item, "close_time")) market.close_time = *close;
  return market;
}

Expected<std::vector<Level>> levels_of(object& book, std::string_view field) {
  std::vector<Level> levels;
  const auto side = optional_value(book, field);
  if (!side) return levels;
  array list;
  if (const auto error = value(*side).get_array().get(list)) return bad(field, error);
  for (auto entry : list) {
    array pair;
    if (const auto error = entry.get_array().get(pair)) return bad(field, error);
    std::vector<std::string> parts;
    for (auto part : pair) {
      std::string_view text;
      if (const auto error = part.get_string().get(text)) return bad(field, error);
      parts.emplace_back(text);
    }
    if (parts.size() != 2) return bad(field, "a level is not [price, count]");
    KD_TRY(const auto price, json::named(field, Price::parse(parts[0])));
    KD_TRY(const auto size, json::named(field, Size::parse(parts[1])));
    levels.push_back({price, size});
  }
  return levels;
}

Expected<RestBook> book_from(object& holder, std::string ticker) {
  KD_TRY(auto v, required(holder, "orderbook_fp"));
  object book;
  if (const auto error = v.get_object().get(book)) return bad("orderbook_fp", error);
  RestBook out;
  out.ticker = std::move(ticker);
  KD_TRY(out.yes, levels_of(book, "yes_dollars"));
  KD_TRY(out.no, levels_of(book, "no_dollars"));
  return out;
}

// taker_side is its name of before May 2026.
Expected<Side> taker_of(object& item) {
  const auto* const field =
      optional_value(item, "taker_outcome_side") ? "taker_outcome_side" : "taker_side";
  const auto side = optional_value(item, field);
  if (!side) return bad("taker_outcome_side", "missing");
  KD_TRY(const auto name, json::text(field, *side));
  if (name != "yes" && name != "no") {
    return bad(field, "unknown side '" + std::string(name) + "'");
  }
  return name == "yes" ? Side::kYes : Side::kNo;
}

Expected<RestTrade> trade_from(object& item) {
  RestTrade trade;
  KD_TRY(const auto id, required_text(item, "trade_id"));
  KD_TRY(trade.trade_id, json::named("trade_id", Uuid::parse(id)));
  KD_TRY(trade.ticker, required_text(item, "ticker"));
  KD_TRY(const auto price, required_text(item, "yes_price_dollars"));
  KD_TRY(trade.yes_price, json::named("yes_price_dollars", Price::parse(price)));
  KD_TRY(const auto size, required_text(item, "count_fp"));
  KD_TRY(trade.size, json::named("count_fp", Size::parse(size)));
  if (trade.size < Size()) return bad("count_fp", "negative");
  KD_TRY(trade.taker_side, taker_of(item));
  KD_TRY(const auto created, required_time(item, "created_time"));
  trade.time.at = floor_to_ms(created);
  if (created != trade.time.at) trade.time.finer = created;
  if (const auto block = optional_value(item, "is_block_trade")) {
    KD_TRY(trade.is_block, json::boolean("is_block_trade", *block));
  }
  return trade;
}

}  // namespace

Expected<MarketsPage> decode_markets_page(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  MarketsPage page;
  const auto read = [&](object& item) -> Expected<void> {
    auto market = market_from(item);
    if (market) {
      page.markets.push_back(*std::move(market));
    } else {
      page.unreadable.push_back(market.error().what);
    }
    return {};
  };
  if (auto done = for_each(root, "markets", read); !done) return tl::unexpected(done.error());
  KD_TRY(page.cursor, cursor_of(root));
  return page;
}

Expected<Market> decode_market(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  KD_TRY(auto v, required(root, "market"));
  object item;
  if (const auto error = v.get_object().get(item)) return bad("market", error);
  return market_from(item);
}

Expected<std::vector<TimeWindow>> decode_maintenance_windows(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  KD_TRY(auto v, required(root, "schedule"));
  object schedule;
  if (const auto error = v.get_object().get(schedule)) return bad("schedule", error);
  std::vector<TimeWindow> windows;
  if (!optional_value(schedule, "maintenance_windows")) return windows;
  KD_DO(for_each(schedule, "maintenance_windows", [&](object& item) -> Expected<void> {
    const auto from = required_time(item, "start_datetime");
    const auto to = required_time(item, "end_datetime");
    if (from && to) windows.push_back({*from, *to});
    return {};
  }));
  return windows;
}

Expected<ExchangeStatus> decode_exchange_status(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  ExchangeStatus status;
  KD_TRY(status.exchange_active, required_bool(root, "exchange_active"));
  KD_TRY(status.trading_active, required_bool(root, "trading_active"));
  if (const auto resume = optional_value(root, "exchange_estimated_resume_time")) {
    KD_TRY(const auto at, json::text("exchange_estimated_resume_time", *resume));
    KD_TRY(status.estimated_resume,
           json::named("exchange_estimated_resume_time", parse_rfc3339(at)));
  }
  if (!optional_value(root, "exchange_index_statuses")) return status;
  const auto read = [&](object& item) -> Expected<void> {
    ExchangeStatus::Shard shard;
    KD_TRY(const auto index, required_number(item, "exchange_index"));
    shard.exchange_index = static_cast<int>(index);
    KD_TRY(shard.exchange_active, required_bool(item, "exchange_active"));
    KD_TRY(shard.trading_active, required_bool(item, "trading_active"));
    status.shards.push_back(shard);
    return {};
  };
  if (auto done = for_each(root, "exchange_index_statuses", read); !done) {
    return tl::unexpected(done.error());
  }
  return status;
}

Expected<AccountLimits> decode_account_limits(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  AccountLimits limits;
  KD_TRY(limits.usage_tier, required_text(root, "usage_tier"));
  KD_TRY(auto v, required(root, "read"));
  object read;
  if (const auto error = v.get_object().get(read)) return bad("read", error);
  KD_TRY(limits.read_refill_rate, required_number(read, "refill_rate"));
  KD_TRY(limits.read_bucket_capacity, required_number(read, "bucket_capacity"));
  return limits;
}

Expected<RestBook> decode_orderbook(std::string_view text, std::string ticker) {
  Body body(text);
  KD_TRY(auto root, body.root());
  return book_from(root, std::move(ticker));
}

Expected<RestBooks> decode_orderbooks(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  RestBooks out;
  const auto book_of = [](object& item) -> Expected<RestBook> {
    KD_TRY(auto ticker, required_text(item, "ticker"));
    return book_from(item, std::move(ticker));
  };
  KD_DO(for_each(root, "orderbooks", [&](object& item) -> Expected<void> {
    auto book = book_of(item);
    if (book) {
      out.books.push_back(*std::move(book));
      return {};
    }
    std::string_view raw;
    if (const auto error = item.reset().error()) return bad("orderbooks", error);
    if (const auto error = item.raw_json().get(raw)) return bad("orderbooks", error);
    out.unreadable.push_back({book.error().what, std::string(raw)});
    return {};
  }));
  return out;
}

LifecycleTimes decode_lifecycle_times(std::string_view payload) {
  LifecycleTimes times;
  Body body(payload);
  auto root = body.root();
  if (!root) return times;
  const auto read = [&](std::string_view field) -> std::optional<Micros> {
    std::int64_t seconds = 0;
    const auto found = optional_value(*root, field);
    if (!found || value(*found).get_int64().get(seconds)) return std::nullopt;
    if (seconds < 0 || seconds > kLatestMs / 1'000) return std::nullopt;
    return Micros(std::chrono::seconds(seconds));
  };
  times.open = read("open_ts");
  times.close = read("close_ts");
  return times;
}

Expected<TradesPage> decode_trades_page(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  TradesPage page;
  KD_DO(for_each(root, "trades", [&](object& item) -> Expected<void> {
    auto trade = trade_from(item);
    if (trade) {
      page.trades.push_back(*std::move(trade));
      return {};
    }
    std::string_view raw;
    if (const auto error = item.reset().error()) return bad("trades", error);
    if (const auto error = item.raw_json().get(raw)) return bad("trades", error);
    page.unreadable.push_back({trade.error().what, std::string(raw)});
    return {};
  }));
  KD_TRY(page.cursor, cursor_of(root));
  return page;
}

Expected<HistoricalCutoff> decode_historical_cutoff(std::string_view text) {
  Body body(text);
  KD_TRY(auto root, body.root());
  HistoricalCutoff cutoff;
  KD_TRY(cutoff.markets_settled, required_time(root, "market_settled_ts"));
  KD_TRY(cutoff.trades_created, required_time(root, "trades_created_ts"));
  return cutoff;
}

std::string error_text(std::string_view text) {
  constexpr std::size_t kEnough = 200;
  Body body(text);
  auto root = body.root();
  if (root) {
    std::string_view message;
    if (!(*root)["message"].get_string().get(message)) return std::string(message);
    if (!(*root)["error"].get_string().get(message)) return std::string(message);
    if (!(*root)["error"]["message"].get_string().get(message)) return std::string(message);
  }
  return std::string(text.substr(0, kEnough));
}

}  // namespace kd
