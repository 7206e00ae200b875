#include "codec/message_decoders.h"

namespace kd {
namespace {

using json::bad;
using json::ondemand::object;
using json::ondemand::value;

// The whole msg object as it came, behind the fields that were read of it.
Expected<std::string_view> payload_of(object& msg) {
  std::string_view payload;
  if (msg.reset().error() != simdjson::SUCCESS ||
      msg.raw_json().get(payload) != simdjson::SUCCESS) {
    return bad("msg", "not an object");
  }
  return payload;
}

}  // namespace

Expected<void> DecodeContext::read_ticker(std::string_view key, value v) {
  KD_TRY(const auto name, json::text(key, v));
  if (name.empty() || name.size() > 200) return bad(key, "not 1 to 200 characters");
  for (const char c : name) {
    if (c <= ' ' || c > '~') return bad(key, "not printable ASCII");
  }
  ticker = name;
  return {};
}

Expected<Side> read_side(std::string_view key, value v) {
  KD_TRY(const auto name, json::text(key, v));
  if (name == "yes") return Side::kYes;
  if (name == "no") return Side::kNo;
  return bad(key, "unknown side '" + std::string(name) + "'");
}

Expected<Message> decode_market_lifecycle(object msg, DecodeContext& context) {
  LifecycleEvent out;
  KD_DO(each_field(msg, [&](std::string_view key, value v) -> Expected<void> {
    if (key == "market_ticker") return context.read_ticker(key, v);
    if (key == "event_type") {
      KD_TRY(out.event_type, json::text(key, v));
    }
    return {};
  }));
  if (context.ticker.empty()) return bad("market_ticker", "missing");
  if (out.event_type.empty()) return bad("event_type", "missing");
  out.ticker = context.ticker;
  KD_TRY(out.payload, payload_of(msg));
  return out;
}

Expected<Message> decode_event_message(object msg, std::string_view type, DecodeContext& context) {
  KD_DO(each_field(msg, [&](std::string_view key, value v) -> Expected<void> {
    return key == "event_ticker" ? context.read_ticker(key, v) : Expected<void>();
  }));
  if (context.ticker.empty()) return bad("event_ticker", "missing");
  LifecycleEvent out{.ticker = context.ticker, .event_type = type, .payload = {}};
  KD_TRY(out.payload, payload_of(msg));
  return out;
}

Expected<Message> decode_subscribed(object msg, DecodeContext& context) {
  std::optional<std::int64_t> sid;
  std::optional<Channel> channel;
  KD_DO(each_field(msg, [&](std::string_view key, value v) -> Expected<void> {
    if (key == "sid") {
      KD_TRY(sid, json::integer(key, v));
    } else if (key == "channel") {
      KD_TRY(const auto name, json::text(key, v));
      channel = channel_from_wire(name);
    } else {
      context.unknown();
    }
    return {};
  }));
  if (!sid) return bad("sid", "missing");
  if (!channel) return bad("channel", "missing");
  return Subscribed{.channel = *channel, .sid = *sid};
}

Expected<Message> decode_command_error(object msg, DecodeContext& context) {
  CommandError out;
  std::optional<std::int64_t> code;
  KD_DO(each_field(msg, [&](std::string_view key, value v) -> Expected<void> {
    if (key == "code") {
      KD_TRY(code, json::integer(key, v));
    } else if (key == "msg") {
      KD_TRY(out.text, json::text(key, v));
    } else if (key == "market_ticker" || key == "market_tickers") {
      out.names_markets = true;
    } else {
      context.unknown();
    }
    return {};
  }));
  if (!code) return bad("code", "missing");
  out.code = *code;
  return out;
}

}  // namespace kd
