#include "codec/frame_decoder.h"

#include <simdjson.h>

#include "codec/json_fields.h"
#include "codec/message_decoders.h"
#include "codec/message_time.h"

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

}  // namespace

struct FrameDecoder::Impl {
  json::ondemand::parser parser;
  json::ondemand::parser message_parser;  // for a `msg` that stood before its `type`
  DecodeContext context;

  Expected<Message> message(std::string_view type_name, value* msg);
  Expected<Message> message_of(Type type, std::string_view type_name, object fields);
  Expected<void> envelope_field(std::string_view key, value v);
  std::optional<Frame> decode_in_one_pass(std::string_view text);
  Expected<Frame> decode_in_two_passes(std::string_view text);
};

Expected<Message> FrameDecoder::Impl::message(std::string_view type_name, value* msg) {
  const Type type = type_of(type_name);
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
  return message_of(type, type_name, fields);
}

Expected<Message> FrameDecoder::Impl::message_of(Type type, std::string_view type_name,
                                                 object fields) {
  switch (type) {
    case Type::kDelta:
      return decode_delta(fields, context);
    case Type::kSnapshot:
      return decode_snapshot(fields, context);
    case Type::kTrade:
      return decode_trade(fields, context);
    case Type::kTicker:
      return decode_ticker(fields, context);
    case Type::kSubscribed:
      return decode_subscribed(fields, context);
    case Type::kError:
      return decode_command_error(fields, context);
    case Type::kMarketLifecycle:
      return decode_market_lifecycle(fields, context);
    default:
      return decode_event_message(fields, type_name, context);
  }
}

// Reads a frame whose `type` stands before its `msg`, as nearly all do, in a single pass.
// Any error, or another order of keys, is left to decode_in_two_passes().
std::optional<Frame> FrameDecoder::Impl::decode_in_one_pass(std::string_view text) {
  context.envelope = {};
  context.ticker = {};
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
      auto result = message(type_name, &msg);
      if (!result) return std::nullopt;
      read = std::move(*result);
    } else if (key == "type") {
      if (field.value().get_string().get(type_name)) return std::nullopt;
    } else if (auto known = envelope_field(key, field.value()); !known) {
      return std::nullopt;
    }
  }
  if (!read) {
    auto result = message(type_name, nullptr);
    if (type_name.empty() || !result) return std::nullopt;
    read = std::move(*result);
  }
  return Frame{context.envelope, *read};
}

Expected<void> FrameDecoder::Impl::envelope_field(std::string_view key, value v) {
  if (key == "sid") {
    KD_TRY(context.envelope.sid, json::integer(key, v));
  } else if (key == "seq") {
    KD_TRY(context.envelope.seq, json::integer(key, v));
  } else if (key == "id") {
    KD_TRY(context.envelope.id, json::integer(key, v));
  } else if (key == "sending_ts_ms") {
    KD_TRY(const auto ms, json::integer(key, v));
    if (ms < 0 || ms > kLatestMs) return bad(key, "out of range");
    context.envelope.sending = micros_from_ms(ms);
  } else if (key != "market_tickers") {  // stood beside `type` in older acks
    context.unknown();
  }
  return {};
}

// Reads the envelope first and `msg` after it, from its own text: so that `type` and `sid` may
// stand behind it, and an error in it does not hide them.
Expected<Frame> FrameDecoder::Impl::decode_in_two_passes(std::string_view text) {
  context.envelope = {};
  context.ticker = {};
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
  KD_TRY(auto read, message(type_name, msg_text.empty() ? nullptr : &msg));
  return Frame{context.envelope, std::move(read)};
}

FrameDecoder::FrameDecoder() : impl_(std::make_unique<Impl>()) {}
FrameDecoder::~FrameDecoder() = default;

const Envelope& FrameDecoder::envelope() const { return impl_->context.envelope; }
std::string_view FrameDecoder::ticker() const { return impl_->context.ticker; }
std::uint64_t FrameDecoder::unknown_keys() const { return impl_->context.unknown_keys; }

Expected<Frame> FrameDecoder::decode(std::string_view text) {
  const auto unknown_before = impl_->context.unknown_keys;
  if (auto frame = impl_->decode_in_one_pass(text)) return *std::move(frame);
  impl_->context.unknown_keys = unknown_before;
  return impl_->decode_in_two_passes(text);
}

}  // namespace kd
