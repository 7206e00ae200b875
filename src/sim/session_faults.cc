#include <algorithm>
#include <utility>

#include "sim/json_text.h"
#include "sim/mangle.h"
#include "sim/session.h"

namespace kd::sim {

namespace {

// A frame that is kept back waits no longer than this for the one to go before it.
constexpr std::int64_t kMostHeldMs = 200;

constexpr std::string_view kTooSlow = "overflow";

Delivery withheld(std::string_view by) { return {.fate = Fate::kWithheld, .by = by}; }

std::string_view name_of(const FaultSpec& fault) { return facts_of(fault.kind).name; }

}  // namespace

// What keeps every message from the client; empty: nothing does.
std::string_view Session::muted_by() const {
  if (behaviour_.half_open) return facts_of(FaultKind::kHalfOpen).name;
  if (behaviour_.silent) return facts_of(FaultKind::kSilent).name;
  if (behaviour_.dark) return facts_of(FaultKind::kDark).name;
  return reply_fate_.empty() ? std::string_view() : facts_of(FaultKind::kLostReply).name;
}

FaultTarget Session::target_of(std::string_view channel, MarketIndex market) const {
  return {.client = owner_.id,
          .connection = owner_.connection,
          .channel = channel,
          .market = market == kNoMarket ? std::string_view() : world_.market(market).ticker,
          .path = {}};
}

Delivery Session::deliver(Subscription& to, const OutFrame& frame) {
  if (!port_.is_open()) return withheld(ended_by_);
  if (const auto by = muted_by(); !by.empty()) {
    if (reply_fate_ != "unsent") ++to.seq;
    return withheld(by);
  }
  if (limits_.overflow_bytes > 0 && port_.unsent_bytes() > limits_.overflow_bytes) {
    return {.fate = Fate::kOverflow, .by = kTooSlow};
  }
  if (!faults_.hold(FaultReach::kFrame)) return put(to, frame);
  const FaultSpec* fault = faults_.strike(FaultReach::kFrame, target_of(to.name, frame.market));
  return fault == nullptr ? put(to, frame) : put_struck(to, frame, *fault);
}

Delivery Session::put(Subscription& to, const OutFrame& frame) {
  ++to.seq;
  begin_frame(to, frame);
  port_.send(head_, as_shown(frame));
  if (frame.id != 0) sent_.add(port_.progress().appended_bytes, frame.id);
  if (held_.sid != 0) release_held(to.sid);
  if (!to.flipped) return {};
  // A client that notices may rightly refuse all that comes from this subscription.
  const auto by = facts_of(FaultKind::kFlipLeg).name;
  return {.fate = frame.differs_by_leg ? Fate::kWithheld : Fate::kUncertain, .by = by};
}

// {"type":"orderbook_delta","sid":1,"seq":4: what differs between the subscribers of a frame.
void Session::begin_frame(const Subscription& to, const OutFrame& frame) {
  head_.assign("{");
  if (frame.reply_id != 0) {
    head_ += "\"id\":";
    append_int(head_, frame.reply_id);
    head_.push_back(',');
  }
  head_.append("\"type\":\"").append(frame.type).push_back('"');
  if (frame.sending_ms != kNoTime) {
    head_ += ",\"sending_ts_ms\":";
    append_int(head_, frame.sending_ms);
  }
  head_ += ",\"sid\":";
  append_int(head_, to.sid);
  if (to.channel == Channel::kTicker) return;  // tickers have no seq
  head_ += ",\"seq\":";
  append_int(head_, static_cast<std::int64_t>(to.seq));
}

// The tail with the stamps that this client is to see.
const SharedText& Session::as_shown(const OutFrame& frame) {
  if (!behaviour_.ts_us && !behaviour_.ts_ms) return frame.tail;
  const auto text = frame.tail.text();
  std::string shown = behaviour_.ts_us ? with_micros(text) : cut_to_millis(text);
  shown_tail_.rewrite() = std::move(shown);
  return shown_tail_;
}

Delivery Session::put_struck(Subscription& to, const OutFrame& frame, const FaultSpec& fault) {
  switch (fault.kind) {
    case FaultKind::kDrop:
      ++to.seq;
      return withheld(name_of(fault));
    case FaultKind::kFreeze:
      return withheld(name_of(fault));
    case FaultKind::kHole:
      to.seq += static_cast<std::uint64_t>(fault.amount);
      break;
    case FaultKind::kDuplicate: {
      const Delivery first = put(to, frame);
      --to.seq;
      put(to, frame);
      return first;
    }
    case FaultKind::kReorder:
      return hold_back(to, frame);
    case FaultKind::kUnknownType:
      ++to.seq;
      port_.send(unknown_message(to.sid, to.seq, port_.now_ms()));
      break;
    case FaultKind::kUnknownKey:
      return put_changed(to, frame, with_unknown_key(frame.tail.text()));
    case FaultKind::kMalformed:
      put_changed(to, frame, malformed(frame.tail.text(), fault.how));
      return withheld(name_of(fault));
    default:
      break;
  }
  return put(to, frame);
}

Delivery Session::put_changed(Subscription& to, const OutFrame& frame, std::string tail) {
  changed_tail_.rewrite() = std::move(tail);
  OutFrame changed{.type = frame.type,
                   .tail = changed_tail_,
                   .market = frame.market,
                   .id = frame.id,
                   .differs_by_leg = frame.differs_by_leg,
                   .reply_id = frame.reply_id,
                   .sending_ms = frame.sending_ms};
  return put(to, changed);
}

// Its number is that of its turn; the next frame of the subscription overtakes it.
Delivery Session::hold_back(Subscription& to, const OutFrame& frame) {
  if (held_.sid != 0) return put(to, frame);
  ++to.seq;
  begin_frame(to, frame);
  held_ = {
      .sid = to.sid, .text = head_ + std::string(as_shown(frame).text()), .since_ms = real_ms_};
  return {.fate = Fate::kUncertain, .by = facts_of(FaultKind::kReorder).name};
}

void Session::release_held(int sid) {
  if (held_.sid != sid) return;
  port_.send(std::exchange(held_, {}).text);
}

void Session::send_delayed(std::int64_t now_ms) {
  real_ms_ = now_ms;
  reply_fate_.clear();
  if (held_.sid != 0 && now_ms - held_.since_ms > kMostHeldMs) release_held(held_.sid);
  const auto due = std::partition(late_snapshots_.begin(), late_snapshots_.end(),
                                  [&](const LateSnapshot& late) { return late.due_ms > now_ms; });
  const std::vector<LateSnapshot> snapshots(due, late_snapshots_.end());
  late_snapshots_.erase(due, late_snapshots_.end());
  for (const LateSnapshot& late : snapshots) {
    Subscription* to = find(late.sid);
    if (to != nullptr && to->markets.contains(late.market)) send_snapshot(*to, late.market, 0);
  }
}

void Session::send_first_snapshots(Subscription& to, const std::vector<MarketIndex>& markets) {
  if (!faults_.hold(FaultReach::kNewMarket)) return send_snapshots(to, markets, 0);
  for (const MarketIndex market : markets) {
    const FaultSpec* fault = faults_.strike(FaultReach::kNewMarket, target_of(to.name, market));
    if (fault == nullptr) {
      send_snapshot(to, market, 0);
    } else if (fault->kind == FaultKind::kLateSnapshot) {
      late_snapshots_.push_back({real_ms_ + fault->amount, to.sid, market});
    }
  }
}

// Whether a fault spares us the command; it may also decide what becomes of its replies.
bool Session::meets_fault(const Command& command) {
  if (!faults_.hold(FaultReach::kCommand)) return false;
  Subscription* to = command.sids.empty() ? nullptr : find(command.sids.front());
  const std::string_view channel = to != nullptr              ? std::string_view(to->name)
                                   : command.channels.empty() ? std::string_view()
                                                              : command.channels.front();
  const FaultSpec* fault = faults_.strike(FaultReach::kCommand, target_of(channel, kNoMarket));
  if (fault == nullptr) return false;
  if (fault->kind == FaultKind::kLostReply) {
    reply_fate_ = fault->how;
    return fault->how == "command";
  }
  const auto code = static_cast<WsError>(fault->amount);
  to == nullptr ? say_error(command, code) : say_scoped_error(command.id, *to, code);
  return true;
}

void Session::end_subscriptions(std::string_view channel, WsError code) {
  for (auto& [sid, subscription] : subscriptions_) {
    if (channel.empty() || subscription->name == channel) end(*subscription, code);
  }
}

void Session::end(Subscription& to, WsError code) {
  if (to.ended) return;
  leave_all(to);
  to.ended = true;
  reply_fate_.clear();
  say_scoped_error(0, to, code);
}

Deliveries::Id Session::settle(std::int64_t now_ms, const Deliveries& deliveries,
                               Deliveries::Id none) {
  if (sent_.empty()) return none;
  return sent_.settle(port_.last_progress(), now_ms, deliveries, none);
}

std::vector<SentFrames::Fallen> Session::fall(std::int64_t now_ms, const Deliveries& deliveries) {
  return sent_.fall(port_.last_progress(), now_ms, deliveries);
}

std::vector<std::string_view> Session::channels() const {
  std::vector<std::string_view> names;
  for (const auto& [sid, subscription] : subscriptions_) {
    if (!subscription->ended) names.push_back(subscription->name);
  }
  return names;
}

}  // namespace kd::sim
