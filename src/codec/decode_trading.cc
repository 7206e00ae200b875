#include "codec/message_decoders.h"
#include "codec/message_time.h"

namespace kd {
namespace {

using json::bad;
using json::ondemand::object;
using json::ondemand::value;

struct TradeFields {
  std::optional<Uuid> id;
  std::optional<Price> price;
  std::optional<Size> size;
  std::optional<Side> outcome_side;
  std::optional<Side> taker_side;  // deprecated
  std::optional<bool> is_block;
  std::optional<std::int64_t> cents;
  std::optional<std::int64_t> contracts;
  MessageTime time;

  Expected<void> read(std::string_view key, value v, DecodeContext& context) {
    if (key == "market_ticker") return context.read_ticker(key, v);
    if (key == "trade_id") {
      KD_TRY(const auto name, json::text(key, v));
      KD_TRY(id, json::named(key, Uuid::parse(name)));
    } else if (key == "yes_price_dollars") {
      KD_TRY(price, json::dollars(key, v));
    } else if (key == "count_fp") {
      KD_TRY(size, json::contracts(key, v));
    } else if (key == "taker_outcome_side") {
      KD_TRY(outcome_side, read_side(key, v));
    } else {
      return read_other(key, v, context);
    }
    return {};
  }

  Expected<void> read_other(std::string_view key, value v, DecodeContext& context) {
    if (key == "taker_side") {
      KD_TRY(taker_side, read_side(key, v));
    } else if (key == "is_block_trade") {
      KD_TRY(is_block, json::boolean(key, v));
    } else if (key == "yes_price") {
      KD_TRY(cents, json::integer(key, v));
    } else if (key == "count") {
      KD_TRY(contracts, json::integer(key, v));
    } else if (key != "no_price_dollars" && key != "no_price" && key != "taker_book_side") {
      KD_TRY(const bool is_time, time.read(key, v));
      if (!is_time) context.unknown();
    }
    return {};
  }
};

// An empty string: never traded, as sent in 2025.
Expected<void> read_price(std::string_view key, value v, std::optional<Price>& to) {
  KD_TRY(const auto digits, json::text(key, v));
  if (digits.empty()) return {};
  KD_TRY(to, json::named(key, Price::parse(digits)));
  return {};
}

Expected<void> read_size(std::string_view key, value v, std::optional<Size>& to) {
  KD_TRY(to, json::contracts(key, v));
  return {};
}

Expected<void> read_dollars(std::string_view key, value v, std::optional<std::int64_t>& to) {
  KD_TRY(to, json::integer(key, v));
  return {};
}

// Today's fields are read into `now`, the integer ones of before March 2026 beside them, so that
// their order does not matter.
struct TickerFields {
  TickerUpdate now;
  TickerUpdate legacy;
  MessageTime time;

  Expected<void> read(std::string_view key, value v, DecodeContext& context) {
    if (key == "market_ticker") return context.read_ticker(key, v);
    if (key == "yes_bid_dollars") return read_price(key, v, now.yes_bid);
    if (key == "yes_ask_dollars") return read_price(key, v, now.yes_ask);
    if (key == "price_dollars") return read_price(key, v, now.last_price);
    if (key == "volume_fp") return read_size(key, v, now.volume);
    if (key == "open_interest_fp") return read_size(key, v, now.open_interest);
    if (key == "dollar_volume") return read_dollars(key, v, now.dollar_volume);
    if (key == "dollar_open_interest") return read_dollars(key, v, now.dollar_open_interest);
    if (key == "yes_bid_size_fp") return read_size(key, v, now.yes_bid_size);
    if (key == "yes_ask_size_fp") return read_size(key, v, now.yes_ask_size);
    if (key == "last_trade_size_fp") return read_size(key, v, now.last_trade_size);
    return read_other(key, v, context);
  }

  Expected<void> read_other(std::string_view key, value v, DecodeContext& context) {
    if (key == "yes_bid") {
      KD_TRY(legacy.yes_bid, json::price(key, v, true));
    } else if (key == "yes_ask") {
      KD_TRY(legacy.yes_ask, json::price(key, v, true));
    } else if (key == "volume") {
      KD_TRY(legacy.volume, json::size(key, v, true));
    } else if (key == "open_interest") {
      KD_TRY(legacy.open_interest, json::size(key, v, true));
    } else if (key != "market_id" && key != "price" && key != "Clock") {
      KD_TRY(const bool is_time, time.read(key, v));
      if (!is_time) context.unknown();
    }
    return {};
  }

  void fall_back() {
    if (!now.yes_bid) now.yes_bid = legacy.yes_bid;
    if (!now.yes_ask) now.yes_ask = legacy.yes_ask;
    if (!now.volume) now.volume = legacy.volume;
    if (!now.open_interest) now.open_interest = legacy.open_interest;
  }
};

}  // namespace

Expected<Message> decode_trade(object msg, DecodeContext& context) {
  TradeFields fields;
  KD_DO(
      each_field(msg, [&](std::string_view key, value v) { return fields.read(key, v, context); }));
  if (!fields.id) return bad("trade_id", "missing");
  if (context.ticker.empty()) return bad("market_ticker", "missing");
  Trade out;
  KD_TRY(out.yes_price, json::current_or_cents("yes_price_dollars", fields.price, fields.cents));
  KD_TRY(out.size, json::current_or_contracts("count_fp", fields.size, fields.contracts));
  if (out.size < Size()) return bad("count_fp", "negative");
  const auto side = fields.outcome_side ? fields.outcome_side : fields.taker_side;
  if (!side) return bad("taker_outcome_side", "missing");
  KD_TRY(out.time, fields.time.resolve(std::nullopt));
  out.trade_id = *fields.id;
  out.ticker = context.ticker;
  out.taker_side = *side;
  out.is_block = fields.is_block;
  return out;
}

Expected<Message> decode_ticker(object msg, DecodeContext& context) {
  TickerFields fields;
  KD_DO(
      each_field(msg, [&](std::string_view key, value v) { return fields.read(key, v, context); }));
  fields.fall_back();
  auto& out = fields.now;
  if (context.ticker.empty()) return bad("market_ticker", "missing");
  if (!out.yes_bid) return bad("yes_bid_dollars", "missing");
  if (!out.yes_ask) return bad("yes_ask_dollars", "missing");
  KD_TRY(out.time, fields.time.resolve(std::nullopt));
  out.ticker = context.ticker;
  return out;
}

}  // namespace kd
