#include "codec/message_decoders.h"
#include "codec/message_time.h"

namespace kd {
namespace {

using json::bad;
using json::ondemand::array;
using json::ondemand::object;
using json::ondemand::value;

// Today's fields, and the integer ones of before March 2026; today's win.
struct DeltaFields {
  std::optional<Side> side;
  std::optional<Price> price;
  std::optional<Size> change;
  std::optional<std::int64_t> cents;
  std::optional<std::int64_t> contracts;
  MessageTime time;

  Expected<void> read(std::string_view key, value v, DecodeContext& context) {
    if (key == "market_ticker") return context.read_ticker(key, v);
    if (key == "price_dollars") {
      KD_TRY(price, json::dollars(key, v));
    } else if (key == "delta_fp") {
      KD_TRY(change, json::contracts(key, v));
    } else if (key == "side") {
      KD_TRY(side, read_side(key, v));
    } else if (key == "price") {
      KD_TRY(cents, json::integer(key, v));
    } else if (key == "delta") {
      KD_TRY(contracts, json::integer(key, v));
    } else {
      return read_other(key, v, context);
    }
    return {};
  }

  Expected<void> read_other(std::string_view key, value v, DecodeContext& context) {
    KD_TRY(const bool is_time, time.read(key, v));
    const bool of_no_use = key == "market_id" || key == "client_order_id" || key == "subaccount";
    if (!is_time && !of_no_use) context.unknown();
    return {};
  }
};

// Prices as dollar strings, or cents; counts as strings, or whole numbers.
Expected<void> read_level(std::string_view field, array& pair, bool cents,
                          std::vector<Level>& out) {
  std::optional<Price> price;
  std::optional<Size> size;
  for (auto part : pair) {
    value v;
    if (const auto error = part.get(v)) return bad(field, error);
    json::ondemand::json_type type{};
    if (const auto error = v.type().get(type)) return bad(field, error);
    if (size) return bad(field, "a level has more than a price and a count");
    if (!price) {
      KD_TRY(price, json::price(field, v, cents));
    } else {
      KD_TRY(size, json::size(field, v, type == json::ondemand::json_type::number));
    }
  }
  if (!price || !size) return bad(field, "a level lacks its count");
  if (*size < Size()) return bad(field, "a level is negative");
  out.push_back({*price, *size});
  return {};
}

Expected<void> read_levels(std::string_view field, value side, bool cents,
                           std::vector<Level>& out) {
  out.clear();
  if (json::is_null(side)) return {};
  array list;
  if (const auto error = side.get_array().get(list)) return bad(field, error);
  for (auto entry : list) {
    array pair;
    if (const auto error = entry.get_array().get(pair)) return bad(field, error);
    KD_DO(read_level(field, pair, cents, out));
  }
  return {};
}

// "yes_dollars_fp" today, "yes_dollars" and "yes" (cents) before; the same for no.
Expected<void> read_snapshot_field(std::string_view key, value v, DecodeContext& context) {
  if (key == "market_ticker") return context.read_ticker(key, v);
  if (key == "market_id") return {};
  const bool yes = key.starts_with("yes");
  if (!yes && !key.starts_with("no")) {
    context.unknown();
    return {};
  }
  auto& levels = yes ? context.yes : context.no;
  const auto form = key.substr(yes ? 3 : 2);
  if (form == "_dollars_fp") return read_levels(key, v, false, levels);
  if (form.empty() || form == "_dollars") {
    return levels.empty() ? read_levels(key, v, form.empty(), levels) : Expected<void>();
  }
  context.unknown();
  return bad(key, "levels in a form we do not know");
}

}  // namespace

Expected<Message> decode_delta(object msg, DecodeContext& context) {
  DeltaFields fields;
  KD_DO(
      each_field(msg, [&](std::string_view key, value v) { return fields.read(key, v, context); }));
  if (context.ticker.empty()) return bad("market_ticker", "missing");
  OrderbookDelta out;
  KD_TRY(out.price, json::current_or_cents("price_dollars", fields.price, fields.cents));
  KD_TRY(out.change, json::current_or_contracts("delta_fp", fields.change, fields.contracts));
  if (!fields.side) return bad("side", "missing");
  KD_TRY(out.time, fields.time.resolve(context.envelope.sending));
  out.ticker = context.ticker;
  out.side = *fields.side;
  return out;
}

Expected<Message> decode_snapshot(object msg, DecodeContext& context) {
  context.yes.clear();
  context.no.clear();
  KD_DO(each_field(
      msg, [&](std::string_view key, value v) { return read_snapshot_field(key, v, context); }));
  if (context.ticker.empty()) return bad("market_ticker", "missing");
  return OrderbookSnapshot{.ticker = context.ticker, .yes = context.yes, .no = context.no};
}

}  // namespace kd
