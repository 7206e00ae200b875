#include "codec/frame_decoder.h"

#include <simdjson.h>

#include <vector>

#include "codec/json_fields.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

using json::bad;
using json::ondemand::object;
using json::ondemand::value;

enum class Type : std::uint8_t {
  kUnknown,
  kDelta,
  kSnapshot,
  kTrade,
  kTicker,
  kMarketLifecycle,
  kEventLifecycle,
  kEventFeeUpdate,
  kSubscribed,
  kOk,
  kUnsubscribed,
  kError,
};

Type type_of(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "ok" ? Type::kOk : Type::kUnknown;
    case 5:
      return name == "trade" ? Type::kTrade : name == "error" ? Type::kError : Type::kUnknown;
    case 6:
      return name == "ticker" ? Type::kTicker : Type::kUnknown;
    case 10:
      return name == "subscribed" ? Type::kSubscribed : Type::kUnknown;
    case 12:
      return name == "unsubscribed" ? Type::kUnsubscribed : Type::kUnknown;
    case 15:
      return name == "orderbook_delta"   ? Type::kDelta
             : name == "event_lifecycle" ? Type::kEventLifecycle
                                         : Type::kUnknown;
    case 16:
      return name == "event_fee_update" ? Type::kEventFeeUpdate : Type::kUnknown;
    case 18:
      return name == "orderbook_snapshot" ? Type::kSnapshot : Type::kUnknown;
    case 19:
      return name == "market_lifecycle_v2" ? Type::kMarketLifecycle : Type::kUnknown;
    case 29:
      return name == "multivariate_market_lifecycle" ? Type::kMarketLifecycle : Type::kUnknown;
    default:
      return Type::kUnknown;
  }
}

Expected<Side> side_from(std::string_view field, value v) {
  KD_TRY(const auto name, json::text(field, v));
  if (name == "yes") return Side::kYes;
  if (name == "no") return Side::kNo;
  return bad(field, "unknown side '" + std::string(name) + "'");
}

// Printable ASCII without blanks, at most 200 bytes: all that is promised of a ticker (trap 5.4).
Expected<std::string_view> ticker_from(std::string_view field, value v) {
  KD_TRY(const auto ticker, json::text(field, v));
  if (ticker.empty() || ticker.size() > 200) return bad(field, "not 1 to 200 characters");
  for (const char c : ticker) {
    if (c <= ' ' || c > '~') return bad(field, "not printable ASCII");
  }
  return ticker;
}

// Legacy integer fields stand beside or instead of today's; today's win.
template <typename T>
void keep_legacy(std::optional<T>& kept, const Expected<T>& legacy) {
  if (!kept && legacy) kept = *legacy;
}

// The three ways in which the exchange has sent a time; `ts_ms` wins.
struct TimeFields {
  std::optional<std::int64_t> ts_ms;
  std::string_view text;  // RFC 3339
  std::optional<std::int64_t> seconds;

  // `sending` is the last resort, for the channels whose schema makes all three optional.
  Expected<ExchangeTime> resolve(const std::optional<Micros>& sending) const {
    constexpr std::size_t kMillisecondText = 24;  // "2026-11-22T14:00:01.234Z"
    ExchangeTime time;
    if (ts_ms) {
      if (*ts_ms < 0 || *ts_ms > kLatestMs) return bad("ts_ms", "out of range");
      time.at = micros_from_ms(*ts_ms);
      if (text.size() <= kMillisecondText) return time;
    }
    if (!text.empty()) {
      KD_TRY(const auto at, json::named("ts", parse_rfc3339(text)));
      if (!ts_ms) time.at = floor_to_ms(at);
      if (at != time.at && floor_to_ms(at) == time.at) time.finer = at;
      return time;
    }
    if (seconds) {
      if (*seconds < 0 || *seconds > kLatestMs / 1000) return bad("ts", "out of range");
      time.at = micros_from_ms(*seconds * 1000);
      return time;
    }
    if (!sending) return bad("ts_ms", "missing, and so are ts and sending_ts_ms");
    time.at = floor_to_ms(*sending);
    return time;
  }

  static constexpr std::int64_t kLatestMs = 253'402'300'799'000;  // the year 9999
};

}  // namespace

struct FrameDecoder::Impl {
  json::ondemand::parser parser;
  json::ondemand::parser message_parser;  // for a `msg` that stood before its `type`
  Envelope envelope;
  std::string_view ticker;
  std::uint64_t unknown_keys = 0;
  std::vector<Level> yes;
  std::vector<Level> no;

  Expected<Message> delta(object msg);
  Expected<Message> snapshot(object msg);
  Expected<Message> trade(object msg);
  Expected<Message> ticker_update(object msg);
  Expected<Message> lifecycle(object msg, Type type);
  Expected<Message> subscribed(object msg);
  Expected<Message> command_error(object msg);
  Expected<Message> message(Type type, std::string_view type_name, value* msg);
  Expected<void> levels(std::string_view field, value side, bool cents, std::vector<Level>& out);
  Expected<bool> time_field(std::string_view key, value v, TimeFields& time);
  Expected<void> time_text_or_seconds(std::string_view key, value v, TimeFields& time);
  Expected<void> envelope_field(std::string_view key, value v);
  std::optional<Frame> decode_in_one_pass(std::string_view text);
  Expected<Frame> decode_in_two_passes(std::string_view text);
  void unknown() { ++unknown_keys; }
};

// True when `key` was a time field.
Expected<bool> FrameDecoder::Impl::time_field(std::string_view key, value v, TimeFields& time) {
  if (key == "ts_ms") {
    KD_TRY(time.ts_ms, json::integer(key, v));
    return true;
  }
  if (key == "ts" || key == "time") {
    if (auto read = time_text_or_seconds(key, v, time); !read) return tl::unexpected(read.error());
    return true;
  }
  return false;
}

Expected<void> FrameDecoder::Impl::time_text_or_seconds(std::string_view key, value v,
                                                        TimeFields& time) {
  json::ondemand::json_type type;
  if (const auto error = v.type().get(type)) return bad(key, error);
  if (type == json::ondemand::json_type::number) {
    KD_TRY(time.seconds, json::integer(key, v));
  } else {
    KD_TRY(time.text, json::text(key, v));
  }
  return {};
}

Expected<Message> FrameDecoder::Impl::delta(object msg) {
  OrderbookDelta out;
  TimeFields time;
  std::optional<Side> side;
  std::optional<Price> price;
  std::optional<Size> change;
  std::optional<std::int64_t> cents;
  std::optional<std::int64_t> whole;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    value v = field.value();
    if (key == "market_ticker") {
      KD_TRY(ticker, ticker_from(key, v));
    } else if (key == "price_dollars") {
      KD_TRY(price, json::dollars(key, v));
    } else if (key == "delta_fp") {
      KD_TRY(change, json::contracts(key, v));
    } else if (key == "side") {
      KD_TRY(side, side_from(key, v));
    } else if (key == "price") {
      KD_TRY(cents, json::integer(key, v));
    } else if (key == "delta") {
      KD_TRY(whole, json::integer(key, v));
    } else {
      KD_TRY(const bool is_time, time_field(key, v, time));
      if (!is_time && key != "market_id" && key != "client_order_id" && key != "subaccount") {
        unknown();
      }
    }
  }
  if (!price && cents) keep_legacy(price, Price::from_cents(*cents));
  if (!change && whole) keep_legacy(change, Size::from_contracts(*whole));
  if (ticker.empty()) return bad("market_ticker", "missing");
  if (!price) return bad("price_dollars", cents ? "price out of range" : "missing");
  if (!change) return bad("delta_fp", whole ? "delta out of range" : "missing");
  if (!side) return bad("side", "missing");
  KD_TRY(out.time, time.resolve(envelope.sending));
  out.ticker = ticker;
  out.side = *side;
  out.price = *price;
  out.change = *change;
  return out;
}

// [[price, count], …]: prices as dollar strings, or cents when `cents`; counts as strings or
// whole numbers.
Expected<void> FrameDecoder::Impl::levels(std::string_view field, value side, bool cents,
                                          std::vector<Level>& out) {
  if (json::is_null(side)) return {};
  json::ondemand::array list;
  if (const auto error = side.get_array().get(list)) return bad(field, error);
  for (auto entry : list) {
    json::ondemand::array pair;
    if (const auto error = entry.get_array().get(pair)) return bad(field, error);
    std::optional<Price> price;
    std::optional<Size> size;
    for (auto part : pair) {
      value v;
      if (const auto error = part.get(v)) return bad(field, error);
      json::ondemand::json_type type;
      if (const auto error = v.type().get(type)) return bad(field, error);
      const bool number = type == json::ondemand::json_type::number;
      if (size) return bad(field, "a level has more than a price and a count");
      if (!price && cents) {
        KD_TRY(const auto whole, json::integer(field, v));
        KD_TRY(price, json::named(field, Price::from_cents(whole)));
      } else if (!price) {
        KD_TRY(price, json::dollars(field, v));
      } else if (number) {
        KD_TRY(const auto whole, json::integer(field, v));
        KD_TRY(size, json::named(field, Size::from_contracts(whole)));
      } else {
        KD_TRY(size, json::contracts(field, v));
      }
    }
    if (!size) return bad(field, "a level lacks its count");
    if (*size < Size()) return bad(field, "a level is negative");
    out.push_back({*price, *size});
  }
  return {};
}

Expected<Message> FrameDecoder::Impl::snapshot(object msg) {
  yes.clear();
  no.clear();
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    value v = field.value();
    Expected<void> read;
    if (key == "market_ticker") {
      KD_TRY(ticker, ticker_from(key, v));
    } else if (key == "yes_dollars_fp") {
      yes.clear();
      read = levels(key, v, false, yes);
    } else if (key == "no_dollars_fp") {
      no.clear();
      read = levels(key, v, false, no);
    } else if (key == "yes" || key == "yes_dollars") {
      if (yes.empty()) read = levels(key, v, key == "yes", yes);
    } else if (key == "no" || key == "no_dollars") {
      if (no.empty()) read = levels(key, v, key == "no", no);
    } else if (key.starts_with("yes") || key.starts_with("no")) {
      unknown();
      return bad(key, "levels in a form we do not know");
    } else if (key != "market_id") {
      unknown();
    }
    if (!read) return tl::unexpected(std::move(read).error());
  }
  if (ticker.empty()) return bad("market_ticker", "missing");
  return OrderbookSnapshot{.ticker = ticker, .yes = yes, .no = no};
}

Expected<Message> FrameDecoder::Impl::trade(object msg) {
  Trade out;
  TimeFields time;
  std::optional<Uuid> id;
  std::optional<Price> price;
  std::optional<Size> size;
  std::optional<Side> outcome_side;
  std::optional<Side> taker_side;
  std::optional<std::int64_t> cents;
  std::optional<std::int64_t> whole;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    value v = field.value();
    if (key == "market_ticker") {
      KD_TRY(ticker, ticker_from(key, v));
    } else if (key == "trade_id") {
      KD_TRY(const auto name, json::text(key, v));
      KD_TRY(id, json::named(key, Uuid::parse(name)));
    } else if (key == "yes_price_dollars") {
      KD_TRY(price, json::dollars(key, v));
    } else if (key == "count_fp") {
      KD_TRY(size, json::contracts(key, v));
    } else if (key == "taker_outcome_side") {
      KD_TRY(outcome_side, side_from(key, v));
    } else if (key == "taker_side") {
      KD_TRY(taker_side, side_from(key, v));
    } else if (key == "is_block_trade") {
      KD_TRY(out.is_block, json::boolean(key, v));
    } else if (key == "yes_price") {
      KD_TRY(cents, json::integer(key, v));
    } else if (key == "count") {
      KD_TRY(whole, json::integer(key, v));
    } else {
      KD_TRY(const bool is_time, time_field(key, v, time));
      if (!is_time && key != "no_price_dollars" && key != "no_price" && key != "taker_book_side") {
        unknown();
      }
    }
  }
  if (!price && cents) keep_legacy(price, Price::from_cents(*cents));
  if (!size && whole) keep_legacy(size, Size::from_contracts(*whole));
  if (!outcome_side) outcome_side = taker_side;
  if (!id) return bad("trade_id", "missing");
  if (ticker.empty()) return bad("market_ticker", "missing");
  if (!price) return bad("yes_price_dollars", cents ? "price out of range" : "missing");
  if (!size) return bad("count_fp", whole ? "count out of range" : "missing");
  if (*size < Size()) return bad("count_fp", "negative");
  if (!outcome_side) return bad("taker_outcome_side", "missing");
  KD_TRY(out.time, time.resolve(std::nullopt));
  out.trade_id = *id;
  out.ticker = ticker;
  out.yes_price = *price;
  out.size = *size;
  out.taker_side = *outcome_side;
  return out;
}

Expected<Message> FrameDecoder::Impl::ticker_update(object msg) {
  TickerUpdate out;
  TimeFields time;
  const auto price = [](std::string_view key, value v, std::optional<Price>& to) -> Expected<void> {
    KD_TRY(const auto digits, json::text(key, v));
    if (digits.empty()) return {};  // never traded, as sent in 2025
    KD_TRY(to, json::named(key, Price::parse(digits)));
    return {};
  };
  const auto size = [](std::string_view key, value v, std::optional<Size>& to) -> Expected<void> {
    KD_TRY(to, json::contracts(key, v));
    return {};
  };
  const auto dollars = [](std::string_view key, value v,
                          std::optional<std::int64_t>& to) -> Expected<void> {
    KD_TRY(to, json::integer(key, v));
    return {};
  };
  const auto cents = [](std::string_view key, value v, std::optional<Price>& to) -> Expected<void> {
    KD_TRY(const auto whole, json::integer(key, v));
    keep_legacy(to, Price::from_cents(whole));
    return {};
  };
  const auto whole = [](std::string_view key, value v, std::optional<Size>& to) -> Expected<void> {
    KD_TRY(const auto count, json::integer(key, v));
    keep_legacy(to, Size::from_contracts(count));
    return {};
  };
  // Today's fields are read into `out`, the integer ones beside it, so that order does not matter.
  TickerUpdate legacy;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    value v = field.value();
    Expected<void> read;
    if (key == "market_ticker") {
      KD_TRY(ticker, ticker_from(key, v));
    } else if (key == "yes_bid_dollars") {
      read = price(key, v, out.yes_bid);
    } else if (key == "yes_ask_dollars") {
      read = price(key, v, out.yes_ask);
    } else if (key == "price_dollars") {
      read = price(key, v, out.last_price);
    } else if (key == "volume_fp") {
      read = size(key, v, out.volume);
    } else if (key == "open_interest_fp") {
      read = size(key, v, out.open_interest);
    } else if (key == "dollar_volume") {
      read = dollars(key, v, out.dollar_volume);
    } else if (key == "dollar_open_interest") {
      read = dollars(key, v, out.dollar_open_interest);
    } else if (key == "yes_bid_size_fp") {
      read = size(key, v, out.yes_bid_size);
    } else if (key == "yes_ask_size_fp") {
      read = size(key, v, out.yes_ask_size);
    } else if (key == "last_trade_size_fp") {
      read = size(key, v, out.last_trade_size);
    } else if (key == "yes_bid") {
      read = cents(key, v, legacy.yes_bid);
    } else if (key == "yes_ask") {
      read = cents(key, v, legacy.yes_ask);
    } else if (key == "volume") {
      read = whole(key, v, legacy.volume);
    } else if (key == "open_interest") {
      read = whole(key, v, legacy.open_interest);
    } else {
      KD_TRY(const bool is_time, time_field(key, v, time));
      if (!is_time && key != "market_id" && key != "price" && key != "Clock") unknown();
    }
    if (!read) return tl::unexpected(std::move(read).error());
  }
  if (!out.yes_bid) out.yes_bid = legacy.yes_bid;
  if (!out.yes_ask) out.yes_ask = legacy.yes_ask;
  if (!out.volume) out.volume = legacy.volume;
  if (!out.open_interest) out.open_interest = legacy.open_interest;
  if (ticker.empty()) return bad("market_ticker", "missing");
  if (!out.yes_bid) return bad("yes_bid_dollars", "missing");
  if (!out.yes_ask) return bad("yes_ask_dollars", "missing");
  KD_TRY(out.time, time.resolve(std::nullopt));
  out.ticker = ticker;
  return out;
}

Expected<Message> FrameDecoder::Impl::lifecycle(object msg, Type type) {
  LifecycleEvent out;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    if (key == (type == Type::kMarketLifecycle ? "market_ticker" : "event_ticker")) {
      KD_TRY(ticker, ticker_from(key, field.value()));
    } else if (key == "event_type" && type == Type::kMarketLifecycle) {
      KD_TRY(out.event_type, json::text(key, field.value()));
    }
  }
  if (type == Type::kEventLifecycle) out.event_type = "event_lifecycle";
  if (type == Type::kEventFeeUpdate) out.event_type = "event_fee_update";
  if (ticker.empty()) {
    return bad(type == Type::kMarketLifecycle ? "market_ticker" : "event_ticker", "missing");
  }
  if (out.event_type.empty()) return bad("event_type", "missing");
  out.ticker = ticker;
  if (msg.reset().error() != simdjson::SUCCESS ||
      msg.raw_json().get(out.payload) != simdjson::SUCCESS) {
    return bad("msg", "not an object");
  }
  return out;
}

Expected<Message> FrameDecoder::Impl::subscribed(object msg) {
  std::optional<std::int64_t> sid;
  std::optional<Channel> channel;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    if (key == "sid") {
      KD_TRY(sid, json::integer(key, field.value()));
    } else if (key == "channel") {
      KD_TRY(const auto name, json::text(key, field.value()));
      channel = channel_from_wire(name);
    } else {
      unknown();
    }
  }
  if (!sid) return bad("sid", "missing");
  if (!channel) return bad("channel", "missing");
  return Subscribed{.channel = *channel, .sid = *sid};
}

Expected<Message> FrameDecoder::Impl::command_error(object msg) {
  CommandError out;
  std::optional<std::int64_t> code;
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("msg", error);
    const auto key = json::raw_key(field);
    if (key == "code") {
      KD_TRY(code, json::integer(key, field.value()));
    } else if (key == "msg") {
      KD_TRY(out.text, json::text(key, field.value()));
    } else if (key == "market_ticker" || key == "market_tickers") {
      out.names_markets = true;
    } else {
      unknown();
    }
  }
  if (!code) return bad("code", "missing");
  out.code = *code;
  return out;
}

Expected<Message> FrameDecoder::Impl::message(Type type, std::string_view type_name, value* msg) {
  if (type == Type::kUnknown) return UnknownMessage{type_name};
  if (type == Type::kUnsubscribed) return Unsubscribed{};
  if (type == Type::kOk) {
    json::ondemand::json_type kind{};
    const bool list = msg != nullptr && msg->type().get(kind) == simdjson::SUCCESS &&
                      kind == json::ondemand::json_type::array;
    if (list) return SubscriptionList{};
    return Ok{};
  }
  if (msg == nullptr) return bad("msg", "missing");
  object fields;
  if (const auto error = msg->get_object().get(fields)) return bad("msg", error);
  switch (type) {
    case Type::kDelta:
      return delta(fields);
    case Type::kSnapshot:
      return snapshot(fields);
    case Type::kTrade:
      return trade(fields);
    case Type::kTicker:
      return ticker_update(fields);
    case Type::kSubscribed:
      return subscribed(fields);
    case Type::kError:
      return command_error(fields);
    default:
      return lifecycle(fields, type);
  }
}

// Reads a frame whose `type` stands before its `msg`, as nearly all do, in a single pass.
// Any error, or another order of keys, is left to decode_in_two_passes().
std::optional<Frame> FrameDecoder::Impl::decode_in_one_pass(std::string_view text) {
  envelope = {};
  ticker = {};
  json::ondemand::document document;
  object top;
  if (parser.iterate(text.data(), text.size(), text.size() + kFramePadding).get(document) ||
      document.get_object().get(top)) {
    return std::nullopt;
  }
  std::string_view type_name;
  std::optional<Message> read;
  for (auto entry : top) {
    json::ondemand::field field;
    if (std::move(entry).get(field)) return std::nullopt;
    const auto key = json::raw_key(field);
    if (key == "msg") {
      if (type_name.empty()) return std::nullopt;
      value msg = field.value();
      auto result = message(type_of(type_name), type_name, &msg);
      if (!result) return std::nullopt;
      read = std::move(*result);
    } else if (key == "type") {
      if (field.value().get_string().get(type_name)) return std::nullopt;
    } else if (auto known = envelope_field(key, field.value()); !known) {
      return std::nullopt;
    }
  }
  if (!read) {
    auto result = message(type_of(type_name), type_name, nullptr);
    if (type_name.empty() || !result) return std::nullopt;
    read = std::move(*result);
  }
  return Frame{envelope, *read};
}

Expected<void> FrameDecoder::Impl::envelope_field(std::string_view key, value v) {
  if (key == "sid") {
    KD_TRY(envelope.sid, json::integer(key, v));
  } else if (key == "seq") {
    KD_TRY(envelope.seq, json::integer(key, v));
  } else if (key == "id") {
    KD_TRY(envelope.id, json::integer(key, v));
  } else if (key == "sending_ts_ms") {
    KD_TRY(const auto ms, json::integer(key, v));
    if (ms < 0 || ms > TimeFields::kLatestMs) return bad(key, "out of range");
    envelope.sending = micros_from_ms(ms);
  } else if (key != "market_tickers") {  // stood beside `type` in older acks
    unknown();
  }
  return {};
}

// Reads the envelope first and `msg` after it, from its own text: so that `type` and `sid` may
// stand behind it, and an error in it does not hide them.
Expected<Frame> FrameDecoder::Impl::decode_in_two_passes(std::string_view text) {
  envelope = {};
  ticker = {};
  json::ondemand::document document;
  object top;
  if (const auto error =
          parser.iterate(text.data(), text.size(), text.size() + kFramePadding).get(document)) {
    return bad("frame", error);
  }
  if (const auto error = document.get_object().get(top)) return bad("frame", error);
  std::string_view type_name;
  std::string_view msg_text;
  for (auto entry : top) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return bad("frame", error);
    const auto key = json::raw_key(field);
    if (key == "type") {
      KD_TRY(type_name, json::text(key, field.value()));
    } else if (key == "msg") {
      KD_TRY(msg_text, json::raw_text(key, field.value()));
    } else if (auto known = envelope_field(key, field.value()); !known) {
      return tl::unexpected(std::move(known).error());
    }
  }
  if (type_name.empty()) return bad("type", "missing");
  json::ondemand::document inner;
  value msg;
  if (!msg_text.empty()) {
    if (const auto error =
            message_parser
                .iterate(msg_text.data(), msg_text.size(), msg_text.size() + kFramePadding)
                .get(inner)) {
      return bad("msg", error);
    }
    if (const auto error = inner.get_value().get(msg)) return bad("msg", error);
  }
  KD_TRY(auto read, message(type_of(type_name), type_name, msg_text.empty() ? nullptr : &msg));
  return Frame{envelope, std::move(read)};
}

FrameDecoder::FrameDecoder() : impl_(std::make_unique<Impl>()) {}
FrameDecoder::~FrameDecoder() = default;

const Envelope& FrameDecoder::envelope() const { return impl_->envelope; }
std::string_view FrameDecoder::ticker() const { return impl_->ticker; }
std::uint64_t FrameDecoder::unknown_keys() const { return impl_->unknown_keys; }

Expected<Frame> FrameDecoder::decode(std::string_view text) {
  const auto unknown_before = impl_->unknown_keys;
  if (auto frame = impl_->decode_in_one_pass(text)) return *std::move(frame);
  impl_->unknown_keys = unknown_before;
  return impl_->decode_in_two_passes(text);
}

}  // namespace kd
