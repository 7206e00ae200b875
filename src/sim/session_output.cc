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

}  // namespace

void Session::say(std::string_view text) {
  if (reply_fate_.empty() && muted_by().empty()) port_.send(text);
}

// The number of a reply that is never sent is not used up.
std::uint64_t Session::next_reply_seq(Subscription& to) {
  return reply_fate_ == "unsent" ? to.seq + 1 : ++to.seq;
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
  say(out);
}

void Session::say_ok(const Command& command, Subscription& to) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.number("sid", to.sid);
  const auto seq = static_cast<std::int64_t>(next_reply_seq(to));
  if (to.channel != Channel::kTicker) object.number("seq", seq);
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
  say(out);
}

void Session::list(const Command& command) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.text("type", "ok").number("sending_ts_ms", port_.now_ms());
  object.key("msg").push_back('[');
  for (const auto& [sid, subscription] : subscriptions_) {
    if (out.back() != '[') out.push_back(',');
    JsonObject item(out);
    item.text("channel", subscription->name).number("sid", sid);
    item.close();
  }
  out.push_back(']');
  object.close();
  say(out);
}

void Session::say_error(const Command& command, WsError code,
                        const std::vector<std::string>& tickers) {
  std::string out;
  JsonObject object(out);
  if (command.id != 0) object.number("id", command.id);
  object.text("type", "error").number("sending_ts_ms", port_.now_ms());
  append_error_msg(object.key("msg"), code, tickers);
  object.close();
  say(out);
}

void Session::say_scoped_error(std::int64_t id, Subscription& to, WsError code,
                               const std::vector<std::string>& tickers) {
  std::string out;
  JsonObject object(out);
  if (id != 0) object.number("id", id);
  object.number("sid", to.sid);
  const auto seq = static_cast<std::int64_t>(next_reply_seq(to));
  if (to.channel != Channel::kTicker) object.number("seq", seq);
  object.text("type", "error").number("sending_ts_ms", port_.now_ms());
  append_error_msg(object.key("msg"), code, tickers);
  object.close();
  say(out);
}

void Session::send_snapshots(Subscription& to, const std::vector<MarketIndex>& markets,
                             std::int64_t id) {
  for (const MarketIndex market : markets) send_snapshot(to, market, id);
}

void Session::send_snapshot(Subscription& to, MarketIndex index, std::int64_t id) {
  const Market& market = world_.market(index);
  // Never before the deltas it contains, whatever the clock says.
  const std::int64_t sending =
      std::max(port_.now_ms() - market.shown_offset_ms, market.last_sending);
  std::string& tail = snapshot_tail_.rewrite();
  tail = ",\"msg\":";
  append_snapshot_msg(tail, market, market.book, shows_yes_price(to));
  tail.push_back('}');
  const OutFrame frame{.type = "orderbook_snapshot",
                       .tail = snapshot_tail_,
                       .market = index,
                       .id = 0,
                       .differs_by_leg = false,
                       .reply_id = id,
                       .sending_ms = sending};
  const Fate fate = deliver(to, frame).fate;
  if (fate == Fate::kHandedOver || fate == Fate::kUncertain) {
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
  say(out);
}

}  // namespace kd::sim
