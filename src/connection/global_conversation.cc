#include "connection/global_conversation.h"

#include <algorithm>

#include "codec/command.h"
#include "connection/command_ids.h"
#include "connection/reply_policy.h"

namespace kd {
namespace {

std::vector<Channel> channels_of(Role role) {
  switch (role) {
    case Role::kTicker:
      return {Channel::kTicker};
    case Role::kTrade:
      return {Channel::kTrade};
    default:
      return {Channel::kLifecycle, Channel::kComboLifecycle};
  }
}

}  // namespace

GlobalConversation::GlobalConversation(Options options, const SessionHooks& hooks,
                                       SessionMetrics& metrics, Logger log)
    : options_(options),
      hooks_(hooks),
      metrics_(metrics),
      log_(std::move(log)),
      prober_(options.silence) {
  for (const auto channel : channels_of(options.role)) {
    subscriptions_.push_back({channel, 0, {}, {}});
  }
}

void GlobalConversation::opened(const Moment& now) { prober_.restart(now.steady); }

void GlobalConversation::lost() {
  for (auto& subscription : subscriptions_) subscription = {subscription.channel, 0, {}, {}};
  busy_.reset();
  ask_list_ = false;
  last_overflow_ = {};
}

std::optional<std::string> GlobalConversation::next_text(const Moment& now) {
  if (!busy_.over(now.steady)) return std::nullopt;
  for (auto& subscription : subscriptions_) {
    if (subscription.id != 0) continue;
    subscription.id = next_id_++;
    subscription.asked = now.steady;
    return subscribe_all(subscription.id, subscription.channel);
  }
  if (!std::exchange(ask_list_, false)) return std::nullopt;
  return list_subscriptions(kListIds + next_id_++);
}

void GlobalConversation::on_event(const ControlEvent& event, const Moment& now) {
  if (event.gap || event.kind == ControlEvent::Kind::kGap) metrics_.gaps.add();
  switch (event.kind) {
    case ControlEvent::Kind::kSubscribed:
      return on_subscribed(event);
    case ControlEvent::Kind::kOk:
      if (find(event) != nullptr) give_up("a subscription whose beginning was not seen");
      return;
    case ControlEvent::Kind::kUnsubscribed:
      if (auto* subscription = find(event)) end(*subscription, now, "unsubscribed by the exchange");
      return;
    case ControlEvent::Kind::kError:
      return on_error(event, now);
    default:
      return;
  }
}

void GlobalConversation::on_subscribed(const ControlEvent& event) {
  auto* subscription = find(event);
  if (subscription == nullptr) return;
  subscription->sid = event.sid;
  busy_.accepted();
  if (std::ranges::all_of(subscriptions_, [](const auto& s) { return s.sid.has_value(); })) {
    succeed();
  }
}

void GlobalConversation::on_error(const ControlEvent& event, const Moment& now) {
  metrics_.count_refusal(event.code);
  const auto reason = "error " + std::to_string(event.code) + ": " + std::string(event.text);
  if (refusal_log_.is_news(event.code, now.steady)) {
    log_.warn("the exchange refused a command",
              {kv("connection", options_.connection), kv("role", name_of(options_.role)),
               kv("code", event.code), kv("text", event.text)});
  }
  auto* subscription = find(event);
  switch (reaction_to(event.code, event.names_markets)) {
    case Reaction::kOverflow: {
      const bool again = last_overflow_ != std::chrono::steady_clock::time_point() &&
                         now.steady - last_overflow_ < std::chrono::minutes(1);
      last_overflow_ = now.steady;
      if (again) return give_up(reason);
      [[fallthrough]];
    }
    case Reaction::kResubscribe:
      if (subscription == nullptr) return give_up(reason);
      return end(*subscription, now, reason);
    case Reaction::kBackOff:
      busy_.refused(now.steady);
      if (subscription != nullptr && !subscription->sid) subscription->id = 0;
      return;
    default:
      return give_up(reason);  // without its channel the connection is of no use
  }
}

// The subscription is asked for anew on the same socket.
void GlobalConversation::end(Subscription& subscription, const Moment& now,
                             const std::string& reason) {
  if (subscription.sid) {
    hooks_.on_stream_ended(options_.connection, *subscription.sid, now.wall, reason);
  }
  subscription = {subscription.channel, 0, {}, {}};
}

// Which subscription an answer is about: by the command's number, or by the sid.
GlobalConversation::Subscription* GlobalConversation::find(const ControlEvent& event) {
  const auto at = std::ranges::find_if(subscriptions_, [&](const Subscription& s) {
    const bool by_id = event.id && s.id != 0 && *event.id == s.id;
    return by_id || (event.sid && s.sid == event.sid);
  });
  if (at != subscriptions_.end()) return &*at;
  return !event.id && !event.sid && subscriptions_.size() == 1 ? &subscriptions_[0] : nullptr;
}

void GlobalConversation::tick(const Moment& now, std::chrono::steady_clock::time_point heard) {
  for (const auto& subscription : subscriptions_) {
    if (subscription.id == 0 || subscription.sid) continue;
    if (now.steady - subscription.asked >= options_.answer_timeout) {
      return give_up("no answer to our subscribe");
    }
  }
  switch (prober_.step(now.steady, heard)) {
    case Prober::Step::kAsk:
      ask_list_ = true;
      return;
    case Prober::Step::kDead:
      return give_up("no answer to list_subscriptions, only pings");
    case Prober::Step::kNothing:
      return;
  }
}

}  // namespace kd
