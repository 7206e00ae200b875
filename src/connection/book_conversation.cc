#include "connection/book_conversation.h"

#include <algorithm>

#include "connection/command_ids.h"

namespace kd {
namespace {

using Kind = ControlEvent::Kind;

constexpr std::chrono::seconds kSoon{10};

Resync::Options in_slices_of(Resync::Options options, std::size_t most) {
  options.slice = std::min(options.slice, most);
  return options;
}

std::string describe(const ControlEvent& event) {
  return "error " + std::to_string(event.code) + ": " + std::string(event.text);
}

}  // namespace

BookConversation::BookConversation(Options options, const Shared& shared, const SessionHooks& hooks,
                                   SessionMetrics& metrics, Logger log)
    : options_(options),
      shared_(shared),
      hooks_(hooks),
      metrics_(metrics),
      log_(std::move(log)),
      subscriptions_(options.subscriptions),
      resync_(in_slices_of(options.resync, options.subscriptions.tickers_per_command),
              shared.budget),
      prober_(options.silence),
      self_checks_(options.self_checks_per_minute),
      next_ask_(kSnapshotIds),
      first_ask_(kSnapshotIds) {}

void BookConversation::want(std::span<const Id> markets) {
  for (const auto market : markets) {
    subscriptions_.want(market);
    // Held already: no snapshot comes by itself, and one may be missing.
    if (subscriptions_.is_held(market)) resync_.need(market, Resync::Why::kMissing);
  }
}

void BookConversation::let_go(std::span<const Id> markets) {
  for (const auto market : markets) {
    subscriptions_.let_go(market);
    resync_.forget(market);
    taking_over_.set(market, 0);
  }
}

void BookConversation::take_over(std::span<const Id> markets) {
  for (const auto market : markets) taking_over_.set(market, 1);
  want(markets);
}

void BookConversation::settled(std::span<const Id> markets) {
  for (const auto market : markets) taking_over_.set(market, 0);
}

void BookConversation::opened(const Moment& now) {
  prober_.restart(now.steady);
  self_checks_.restart(now.steady);
}

void BookConversation::lost() {
  forget_stream();
  busy_.reset();
  seen_sid_.reset();
  last_overflow_.reset();
  last_end_.reset();
  shared_.links.on_lost(options_.connection);
}

void BookConversation::forget_stream() {
  first_ask_ = next_ask_;
  told_limit_.reset();
  subscriptions_.on_lost();
  resync_.clear();
  checks_.clear();
  gap_ = false;
  probe_due_ = false;
  probed_.clear();
  shared_.links.on_bases_lost(options_.connection);
}

void BookConversation::on_event(const ControlEvent& event, const Moment& now) {
  if (event.gap || event.kind == Kind::kGap) on_gap();
  switch (event.kind) {
    case Kind::kSubscribed:
      seen_sid_ = event.sid;
      return on_answer(subscriptions_.on_subscribed(event.id.value_or(0), event.sid.value_or(0)),
                       now);
    case Kind::kOk:
      return on_ok(event, now);
    case Kind::kUnsubscribed:
      if (event.sid == subscriptions_.sid()) stream_ended("unsubscribed by the exchange", now);
      return;
    case Kind::kError:
      return on_error(event, now);
    case Kind::kSnapshot:
      return on_snapshot(event, now);
    case Kind::kStale:
      if (const auto market = shared_.tickers.find(event.text); subscriptions_.is_held(market)) {
        resync_.need(market, Resync::Why::kLost);
      }
      return;
    default:
      return;
  }
}

// A repeated subscribe is answered by `ok` with the sid of a subscription whose first answer we
// may have missed; nothing of it could be recorded.
void BookConversation::on_ok(const ControlEvent& event, const Moment& now) {
  if (event.sid && !subscriptions_.sid() && event.sid != seen_sid_ &&
      subscriptions_.awaits(event.id.value_or(0))) {
    return give_up("a subscription whose beginning was not seen");
  }
  on_answer(subscriptions_.on_ok(event.id.value_or(0), event.sid), now);
}

void BookConversation::on_answer(std::optional<SubscriptionSet::Command> done, const Moment& now) {
  if (!done) return;
  succeed();
  busy_.accepted();
  if (done->kind == SubscriptionSet::Command::Kind::kDelete) {
    return hooks_.on_gone(options_.connection, done->sid, now.wall, done->markets);
  }
  hooks_.on_joined(options_.connection, done->sid, now.wall, done->markets);
  checks_.look(std::move(done->markets), now.steady + options_.first_look);
}

void BookConversation::on_snapshot(const ControlEvent& event, const Moment& now) {
  if (event.sid != subscriptions_.sid()) return;
  last_snapshot_ = now.steady;
  if (resync_.indifferent() && taking_over_.size() == 0) return;
  const auto market = shared_.tickers.find(event.text);
  if (market == Interner::kNone) return;
  if (resync_.on_snapshot(market, now.steady)) report_resync(now);
  if (taking_over_.get(market) != 0) shared_.links.on_based(options_.connection, market);
}

void BookConversation::on_gap() {
  metrics_.gaps.add();
  shared_.links.on_bases_lost(options_.connection);
  gap_ = true;
}

// Not for every hole: where there is one there may be hundreds in a second.
void BookConversation::mark_stale() {
  if (!std::exchange(gap_, false)) return;
  const bool news = resync_.idle();
  for (const auto market : subscriptions_.held_markets()) {
    resync_.need(market, Resync::Why::kLost);
  }
  if (!news) return;
  log_.warn("frames were lost; asking for new snapshots",
            {kv("connection", options_.connection), kv("markets", resync_.waiting())});
}

void BookConversation::on_error(const ControlEvent& event, const Moment& now) {
  metrics_.count_refusal(event.code);
  if (refusal_log_.is_news(event.code, now.steady)) {
    log_.warn("the exchange refused a command",
              {kv("connection", options_.connection), kv("role", "orderbook"),
               kv("code", event.code), kv("text", event.text)});
  }
  const auto reaction = reaction_to(event.code, event.names_markets);
  if (!concerns_us(event)) return;
  switch (reaction) {
    case Reaction::kOverflow:
      return on_overflow(describe(event), now);
    case Reaction::kResubscribe:
      return stream_ended(describe(event), now);
    default:
      return on_refused(event, reaction, now);
  }
}

// Answers to commands of a subscription that ended may still come.
bool BookConversation::concerns_us(const ControlEvent& event) const {
  if (event.id && subscriptions_.awaits(*event.id)) return true;
  if (event.sid) return event.sid == subscriptions_.sid();
  return !event.id || *event.id >= first_ask_;
}

void BookConversation::on_refused(const ControlEvent& event, Reaction reaction, const Moment& now) {
  const auto id = event.id.value_or(0);
  const bool busy = reaction == Reaction::kBackOff;
  if (busy) busy_.refused(now.steady);
  if (resync_.is_slice(id)) return busy ? resync_.on_busy() : resync_.on_refused(now.steady);
  if (busy) return subscriptions_.on_busy(id);
  if (reaction == Reaction::kRefused) {
    subscriptions_.on_error(id, now.steady);
    return;
  }
  subscriptions_.on_full(id);
  give_back_excess();
}

void BookConversation::give_back_excess() {
  const auto limit = subscriptions_.limit();
  if (!limit) return;
  const auto excess = subscriptions_.take_excess();
  if (excess.empty() && told_limit_ == limit) return;
  told_limit_ = limit;
  for (const auto market : excess) taking_over_.set(market, 0);
  shared_.links.on_full(options_.connection, *limit, excess);
}

// Once is bad luck: a new subscription on the same socket. Twice within a minute, and it carries
// more than we can read.
void BookConversation::on_overflow(const std::string& reason, const Moment& now) {
  const bool again = last_overflow_ && now.steady - *last_overflow_ < std::chrono::minutes(1);
  last_overflow_ = now.steady;
  if (!again) return stream_ended(reason, now);
  give_up(reason + ", again");
  shared_.links.on_overflow(options_.connection);
}

// The stream is dead although the socket lives: everything is subscribed anew on it.
void BookConversation::stream_ended(const std::string& reason, const Moment& now) {
  const auto sid = subscriptions_.sid();
  if (sid) hooks_.on_stream_ended(options_.connection, *sid, now.wall, reason);
  // An exchange that ends every subscription at once is not asked fifty times a second.
  if (last_end_ && now.steady - *last_end_ < kSoon) busy_.refused(now.steady);
  last_end_ = now.steady;
  seen_sid_.reset();
  forget_stream();
  self_checks_.restart(now.steady);
}

void BookConversation::tick(const Moment& now, Time heard) {
  mark_stale();
  subscriptions_.expire(now.steady);
  heard_ = heard;
  expire_resync(now);
  look_for_bases(now);
  listen(now, heard);
}

// A connection that owes us something, or holds markets that can be asked for, must not be silent.
void BookConversation::listen(const Moment& now, Time heard) {
  if (subscriptions_.held() == 0 && !is_owed()) return prober_.restart(now.steady);
  const auto step = prober_.step(now.steady, heard);
  if (step == Prober::Step::kAsk) probe_due_ = true;
  if (step != Prober::Step::kDead) return;
  for (const auto market : probed_) resync_.suspect(market);
  give_up("no data and no answer to questions, only pings");
}

void BookConversation::expire_resync(const Moment& now) {
  if (!resync_.expire(now.steady, heard_)) give_up("no answer to get_snapshot, twice");
  report_resync(now);
}

void BookConversation::report_resync(const Moment& now) {
  const auto sid = subscriptions_.sid().value_or(0);
  if (const auto healed = resync_.take_healed(); !healed.empty()) {
    hooks_.on_healed(options_.connection, sid, now.wall, healed);
  }
  if (auto silent = resync_.take_given_up(); !silent.empty()) {
    hooks_.on_unanswered(options_.connection, sid, now.wall, silent);
    checks_.look(std::move(silent), now.steady + options_.subscriptions.refused_retry);
  }
}

void BookConversation::look_for_bases(const Moment& now) {
  auto due = checks_.take_due(now.steady, last_snapshot_);
  std::erase_if(due, [&](Id market) { return !subscriptions_.is_held(market); });
  if (due.empty()) return;
  const auto sid = subscriptions_.sid().value_or(0);
  for (const auto market : hooks_.without_base(options_.connection, sid, due)) {
    resync_.need(market, Resync::Why::kMissing);
  }
}

std::size_t BookConversation::bytes() const {
  return subscriptions_.bytes() + taking_over_.bytes();
}

}  // namespace kd
