#include <algorithm>
#include <vector>

#include "sim/feed_event.h"
#include "sim/json_text.h"
#include "sim/session.h"

namespace kd::sim {

namespace {

void append_tickers(std::string& out, const std::vector<std::string_view>& tickers) {
  out.push_back('[');
  for (std::size_t i = 0; i < tickers.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, tickers[i]);
  }
  out.push_back(']');
}

void append_error_msg(std::string& out, WsError code, const std::vector<std::string>& tickers) {
  JsonObject object(out);
  object.number("code", static_cast<int>(code)).text("msg", error_text(code));
  if (!tickers.empty()) {
    append_tickers(object.key("market_tickers"), {tickers.begin(), tickers.end()});
  }
  object.close();
}

// {"type":"orderbook_delta","sid":1,"seq":4: what differs between the subscribers of a frame.
void begin_frame(std::string& head, std::string_view type, const Subscription& to) {
  head.assign("{\"type\":\"").append(type).append("\",\"sid\":");
  append_int(head, to.sid);
  if (to.channel == Channel::kTicker) return;  // tickers have no seq
  head += ",\"seq\":";
  append_int(head, static_cast<std::int64_t>(to.seq));
}

}  // namespace

bool Session::deliver(Subscription& to, std::string_view type, std::string_view tail) {
  if (limits_.overflow_bytes > 0 && port_.unsent_bytes() > limits_.overflow_bytes) return false;
  ++to.seq;
  begin_frame(head_, type, to);
  port_.send(head_, tail);
  return true;
}

void Session::overflow(Subscription& to) {
  if (to.overflown) return;
  leave_all(to);
  to.overflown = true;
  say_scoped_error(0, to, WsError::kOverflow);
}

void Session::say_subscribed(const Command& command, const Subscription& to) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.text("type", "subscribed").number("sending_ts_ms", port_.now_ms());
  JsonObject msg(object.key("msg"));
  msg.text("channel", to.name).number("sid", to.sid);
  msg.close();
  object.close();
  port_.send(out, {});
}

void Session::say_ok(const Command& command, Subscription& to) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.number("sid", to.sid);
  ++to.seq;
  if (to.channel != Channel::kTicker) object.number("seq", static_cast<std::int64_t>(to.seq));
  object.text("type", "ok").number("sending_ts_ms", port_.now_ms());
  if (!command.skip_ticker_ack && !to.skip_ticker_ack) {
    std::vector<std::string_view> tickers;
    for (const MarketIndex market : to.markets) tickers.push_back(world_.market(market).ticker);
    std::sort(tickers.begin(), tickers.end());
    JsonObject msg(object.key("msg"));
    append_tickers(msg.key("market_tickers"), tickers);
    msg.close();
  }
  object.close();
  port_.send(out, {});
}

void Session::say_error(const Command& command, WsError code,
                        const std::vector<std::string>& tickers) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.text("type", "error").number("sending_ts_ms", port_.now_ms());
  append_error_msg(object.key("msg"), code, tickers);
  object.close();
  port_.send(out, {});
}

void Session::say_scoped_error(std::int64_t id, Subscription& to, WsError code,
                               const std::vector<std::string>& tickers) {
  std::string out;
  JsonObject object(out);
  if (id != 0) object.number("id", id);
  object.number("sid", to.sid);
  ++to.seq;
  if (to.channel != Channel::kTicker) object.number("seq", static_cast<std::int64_t>(to.seq));
  object.text("type", "error").number("sending_ts_ms", port_.now_ms());
  append_error_msg(object.key("msg"), code, tickers);
  object.close();
  port_.send(out, {});
}

void Session::send_snapshots(Subscription& to, const std::vector<MarketIndex>& markets,
                             std::int64_t id) {
  std::string out;
  for (const MarketIndex index : markets) {
    const Market& market = world_.market(index);
    // Never before the deltas it contains, whatever the clock says.
    const std::int64_t sending =
        std::max(port_.now_ms() - market.shown_offset_ms, market.last_sending);
    out.clear();
    JsonObject object(out);
    if (id != 0) object.number("id", id);
    object.text("type", "orderbook_snapshot").number("sending_ts_ms", sending);
    object.number("sid", to.sid).number("seq", static_cast<std::int64_t>(++to.seq));
    append_snapshot_msg(object.key("msg"), market, market.book, to.use_yes_price);
    object.close();
    port_.send(out, {});
    port_.snapshot_answered(index, sending);
  }
}

void Session::send_ticker(Subscription& to, MarketIndex index) {
  const Market& market = world_.market(index);
  const std::int64_t now = port_.now_ms() - market.shown_offset_ms;
  std::string out;
  JsonObject object(out);
  object.text("type", "ticker").number("sending_ts_ms", now).number("sid", to.sid);
  append_ticker_msg(object.key("msg"), market, current_ticker(market), now);
  object.close();
  port_.send(out, {});
}

}  // namespace kd::sim
