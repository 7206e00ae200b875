#pragma once

// One decoder per kind of message; for the sources of codec/ only.

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/json_fields.h"
#include "model/messages.h"

namespace kd {

// What outlives a message while its frame is decoded.
struct DecodeContext {
  Envelope envelope;
  std::string_view ticker;         // the market or event it names, also after an error
  std::uint64_t unknown_keys = 0;  // since construction
  std::vector<Level> yes;          // what a snapshot's spans point into
  std::vector<Level> no;

  void unknown() { ++unknown_keys; }
  // Printable ASCII without blanks, at most 200 bytes: all that is promised of a ticker (trap 5.4).
  Expected<void> read_ticker(std::string_view key, json::ondemand::value value);
};

Expected<Side> read_side(std::string_view key, json::ondemand::value value);

// Calls `read(key, value) -> Expected<void>` for each field.
template <typename Read>
Expected<void> each_field(json::ondemand::object& msg, Read read) {
  for (auto entry : msg) {
    json::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return json::bad("msg", error);
    const auto key = json::raw_key(field);
    KD_DO(read(key, field.value()));
  }
  return {};
}

Expected<Message> decode_delta(json::ondemand::object msg, DecodeContext& context);
Expected<Message> decode_snapshot(json::ondemand::object msg, DecodeContext& context);
Expected<Message> decode_trade(json::ondemand::object msg, DecodeContext& context);
Expected<Message> decode_ticker(json::ondemand::object msg, DecodeContext& context);
Expected<Message> decode_market_lifecycle(json::ondemand::object msg, DecodeContext& context);
// event_lifecycle, event_fee_update: named by their type, about an event.
Expected<Message> decode_event_message(json::ondemand::object msg, std::string_view type,
                                       DecodeContext& context);
Expected<Message> decode_subscribed(json::ondemand::object msg, DecodeContext& context);
Expected<Message> decode_command_error(json::ondemand::object msg, DecodeContext& context);

}  // namespace kd
