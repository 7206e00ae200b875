#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "codec/frame_decoder.h"
#include "model/control_event.h"

namespace kd {

// Reads frames as a router does, as far as connections are told of them, and keeps nothing but
// which markets have a base. Confined to one thread.
class ReadingRouter {
 public:
  ControlEvent on_frame(std::int32_t connection, std::string_view text) {
    const auto frame = decoder_.decode(text);
    const auto& envelope = decoder_.envelope();
    ControlEvent event;
    event.id = envelope.id;
    event.sid = envelope.sid;
    if (envelope.sid && envelope.seq) {
      auto& last = seqs_[{connection, *envelope.sid}];
      event.gap = last + 1 != *envelope.seq;
      last = *envelope.seq;
    }
    if (event.gap) based_[connection].clear();
    if (frame)
      std::visit([&](const auto& message) { read(connection, message, event); }, frame->message);
    if (event.gap && event.kind == ControlEvent::Kind::kNone) event.kind = ControlEvent::Kind::kGap;
    return event;
  }
  void forget(std::int32_t connection) {
    std::erase_if(seqs_, [&](const auto& entry) { return entry.first.first == connection; });
    based_.erase(connection);
  }
  bool is_based(std::int32_t connection, std::string_view ticker) {
    return based_[connection].contains(std::string(ticker));
  }

 private:
  template <typename Message>
  void read(std::int32_t, const Message&, ControlEvent&) {}
  void read(std::int32_t connection, const OrderbookSnapshot& snapshot, ControlEvent& event) {
    event.kind = ControlEvent::Kind::kSnapshot;
    event.text = snapshot.ticker;
    based_[connection].emplace(snapshot.ticker);
  }
  void read(std::int32_t, const Subscribed& subscribed, ControlEvent& event) {
    event.kind = ControlEvent::Kind::kSubscribed;
    event.sid = subscribed.sid;
    event.channel = subscribed.channel;
  }
  void read(std::int32_t, const Ok&, ControlEvent& event) { event.kind = ControlEvent::Kind::kOk; }
  void read(std::int32_t, const Unsubscribed&, ControlEvent& event) {
    event.kind = ControlEvent::Kind::kUnsubscribed;
  }
  void read(std::int32_t, const CommandError& error, ControlEvent& event) {
    event.kind = ControlEvent::Kind::kError;
    event.code = error.code;
    event.text = error.text;
    event.names_markets = error.names_markets;
  }

  FrameDecoder decoder_;
  std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> seqs_;
  std::map<std::int32_t, std::set<std::string>> based_;
};

}  // namespace kd
