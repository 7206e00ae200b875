#include "connection/subscription_set.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace kd {

// Every change of a state goes through here: the figures cannot drift away from it.
void SubscriptionSet::put(Id market, std::uint8_t state) {
  const auto old = states_.get(market);
  const auto count = [](std::size_t& figure, bool before, bool after) {
    figure += after ? 1U : 0U;
    figure -= before ? 1U : 0U;
  };
  count(wanted_, (old & kWanted) != 0, (state & kWanted) != 0);
  count(refused_, (old & kRefused) != 0, (state & kRefused) != 0);
  count(held_, holds(old), holds(state));
  count(occupied_, (old & kPhase) != 0, (state & kPhase) != 0);
  states_.set(market, state);
}

void SubscriptionSet::set_phase(Id market, std::uint8_t phase) {
  put(market, static_cast<std::uint8_t>((states_.get(market) & ~kPhase) | phase));
}

void SubscriptionSet::queue_add(Id market, bool first) {
  const auto state = states_.get(market);
  if ((state & kInAdd) != 0) return;
  put(market, state | kInAdd);
  first ? to_add_.push_front(market) : to_add_.push_back(market);
}

void SubscriptionSet::queue_delete(Id market) {
  const auto state = states_.get(market);
  if ((state & kInDelete) != 0) return;
  put(market, state | kInDelete);
  to_delete_.push_back(market);
}

void SubscriptionSet::want(Id market) {
  const auto state = states_.get(market);
  if ((state & kWanted) != 0 && (state & kRefused) == 0) return;
  put(market, static_cast<std::uint8_t>((state | kWanted) & ~kRefused));
  if ((state & kPhase) == 0) queue_add(market);
}

void SubscriptionSet::let_go(Id market) {
  const auto state = states_.get(market);
  if ((state & kWanted) == 0) return;
  put(market, static_cast<std::uint8_t>(state & ~(kWanted | kRefused)));
  if ((state & kHeld) != 0) queue_delete(market);
}

std::optional<SubscriptionSet::Command> SubscriptionSet::next(Time now) {
  if (subscribing_) return std::nullopt;  // the sid is needed for everything else
  if (!adds_wait()) {
    if (auto markets = take_adds(); !markets.empty()) {
      return send(sid_ ? Command::Kind::kAdd : Command::Kind::kSubscribe, std::move(markets), now);
    }
  }
  if (!sid_) return std::nullopt;
  if (auto markets = take_deletes(); !markets.empty()) {
    return send(Command::Kind::kDelete, std::move(markets), now);
  }
  return std::nullopt;
}

// While the limit is searched for, one command at a time tells where it is.
bool SubscriptionSet::adds_wait() const {
  return step_ < options_.tickers_per_command &&
         std::ranges::any_of(
             sent_,
             [](const auto& sent) { return sent.second.command.kind != Command::Kind::kDelete; });
}

std::size_t SubscriptionSet::room() const {
  if (!limit_) return std::numeric_limits<std::size_t>::max();
  return *limit_ - std::min(*limit_, occupied_);
}

// The next markets to add, less what has changed since they were queued.
std::vector<SubscriptionSet::Id> SubscriptionSet::take_adds() {
  const auto wanting = [&](Id market) {
    const auto state = states_.get(market);
    return (state & (kWanted | kRefused | kPhase)) == kWanted;
  };
  std::vector<Id> markets;
  while (!parts_.empty() && markets.empty() && room() >= parts_.front().size()) {
    markets = std::move(parts_.front());
    parts_.pop_front();
    std::erase_if(markets, [&](Id market) { return !wanting(market); });
  }
  if (markets.empty()) {
    const auto most = std::min(step_, room());
    while (!to_add_.empty() && markets.size() < most) {
      const auto market = to_add_.front();
      to_add_.pop_front();
      put(market, static_cast<std::uint8_t>(states_.get(market) & ~kInAdd));
      if (wanting(market)) markets.push_back(market);
    }
  }
  for (const auto market : markets) set_phase(market, kAsked);
  return markets;
}

std::vector<SubscriptionSet::Id> SubscriptionSet::take_deletes() {
  std::vector<Id> markets;
  while (!to_delete_.empty() && markets.size() < options_.tickers_per_command) {
    const auto market = to_delete_.front();
    to_delete_.pop_front();
    put(market, static_cast<std::uint8_t>(states_.get(market) & ~kInDelete));
    const auto state = states_.get(market);
    if ((state & kPhase) == 0 || holds(state)) continue;
    if ((state & kWanted) != 0) {  // wanted again after a deletion of unknown outcome
      set_phase(market, 0);
      queue_add(market);
      continue;
    }
    set_phase(market, kLeaving);
    markets.push_back(market);
  }
  return markets;
}

SubscriptionSet::Command SubscriptionSet::send(Command::Kind kind, std::vector<Id> markets,
                                               Time now) {
  subscribing_ = kind == Command::Kind::kSubscribe;
  Command command{kind, next_id_++, sid_.value_or(0), std::move(markets)};
  sent_.emplace(command.id, Sent{command, now});
  return command;
}

void SubscriptionSet::expire(Time now) {
  std::vector<std::int64_t> late;
  for (const auto& [id, sent] : sent_) {
    if (now - sent.at >= options_.answer_timeout) late.push_back(id);
  }
  for (const auto id : late) retry(*settle(id), false);
  if (refused_ == 0 || now - last_refusal_ < options_.refused_retry) return;
  std::vector<Id> again;
  states_.each([&](Id market, std::uint8_t state) {
    if ((state & kRefused) != 0) again.push_back(market);
  });
  for (const auto market : again) want(market);
}

// What the command did is not known, or nothing.
void SubscriptionSet::retry(const Command& command, bool first) {
  const bool deletion = command.kind == Command::Kind::kDelete;
  for (auto i = command.markets.size(); i-- > 0;) {
    const auto market = command.markets[first ? i : command.markets.size() - 1 - i];
    if (deletion) {
      queue_delete(market);
    } else {
      set_phase(market, 0);
      queue_add(market, first);
    }
  }
}

std::optional<SubscriptionSet::Command> SubscriptionSet::settle(std::int64_t id) {
  const auto sent = sent_.find(id);
  if (sent == sent_.end()) return std::nullopt;
  auto command = std::move(sent->second.command);
  sent_.erase(sent);
  if (command.kind == Command::Kind::kSubscribe) subscribing_ = false;
  return command;
}

std::optional<SubscriptionSet::Command> SubscriptionSet::on_subscribed(std::int64_t id,
                                                                       std::int64_t sid) {
  sid_ = sid;
  return on_ok(id, sid);
}

std::optional<SubscriptionSet::Command> SubscriptionSet::on_ok(std::int64_t id,
                                                               std::optional<std::int64_t> sid) {
  auto command = settle(id);
  if (!command) return command;
  if (command->kind == Command::Kind::kSubscribe && sid) sid_ = sid;  // merged into an older one
  if (sid_) command->sid = *sid_;
  for (const auto market : command->markets) {
    const bool wanted = (states_.get(market) & kWanted) != 0;
    if (command->kind == Command::Kind::kDelete) {
      set_phase(market, 0);
      if (wanted) queue_add(market);  // wanted again while it was leaving
    } else {
      set_phase(market, kHeld);
      if (!wanted) queue_delete(market);  // let go while it was asked for
    }
  }
  return command;
}

std::optional<SubscriptionSet::Command> SubscriptionSet::on_error(std::int64_t id, Time now) {
  auto command = settle(id);
  if (!command) return command;
  for (const auto market : command->markets) set_phase(market, 0);
  if (command->kind == Command::Kind::kDelete) {  // it is not there any more
    for (const auto market : command->markets) {
      if ((states_.get(market) & kWanted) != 0) queue_add(market);
    }
  } else if (command->markets.size() > 1) {
    split(command->markets);
  } else if (const auto market = command->markets[0]; (states_.get(market) & kWanted) != 0) {
    put(market, states_.get(market) | kRefused);
    last_refusal_ = now;
  }
  return command;
}

void SubscriptionSet::split(const std::vector<Id>& markets) {
  const auto middle = markets.begin() + static_cast<std::ptrdiff_t>(markets.size() / 2);
  parts_.emplace_back(markets.begin(), middle);
  parts_.emplace_back(middle, markets.end());
}

void SubscriptionSet::join_parts() {
  for (const auto& part : parts_) {
    for (const auto market : part) queue_add(market);
  }
  parts_.clear();
}

void SubscriptionSet::on_full(std::int64_t id) {
  const auto command = settle(id);
  if (!command || command->kind == Command::Kind::kDelete) return;
  retry(*command, true);
  join_parts();
  if (command->markets.size() > 1) {
    step_ = std::min(step_, command->markets.size() / 2);
  } else {
    limit_ = occupied_;
    step_ = options_.tickers_per_command;
  }
}

std::vector<SubscriptionSet::Id> SubscriptionSet::take_excess() {
  std::vector<Id> excess;
  if (!limit_) return excess;
  if (!parts_.empty() && parts_.front().size() > room()) join_parts();
  for (auto keep = room(); to_add_.size() > keep;) {
    const auto market = to_add_.back();
    to_add_.pop_back();
    const auto state = static_cast<std::uint8_t>(states_.get(market) & ~kInAdd);
    const bool wanted = (state & (kWanted | kRefused | kPhase)) == kWanted;
    put(market, wanted ? std::uint8_t{0} : state);
    if (wanted) excess.push_back(market);
  }
  return excess;
}

void SubscriptionSet::on_busy(std::int64_t id) {
  if (const auto command = settle(id)) retry(*command, true);
}

void SubscriptionSet::on_lost() {
  sid_.reset();
  subscribing_ = false;
  sent_.clear();
  parts_.clear();
  to_add_.clear();
  to_delete_.clear();
  step_ = options_.tickers_per_command;
  limit_.reset();
  std::vector<Id> wanted;
  wanted.reserve(wanted_);
  states_.each([&](Id market, std::uint8_t state) {
    if ((state & kWanted) != 0) wanted.push_back(market);
  });
  states_.clear();
  wanted_ = held_ = refused_ = occupied_ = 0;
  for (const auto market : wanted) want(market);
}

std::vector<SubscriptionSet::Id> SubscriptionSet::held_markets() const {
  std::vector<Id> markets;
  markets.reserve(held_);
  states_.each([&](Id market, std::uint8_t state) {
    if (holds(state)) markets.push_back(market);
  });
  return markets;
}

}  // namespace kd
