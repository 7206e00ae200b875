// What a book connection says, and in which order.
#include "codec/command.h"
#include "connection/book_conversation.h"

namespace kd {

std::optional<std::string> BookConversation::next_text(const Moment& now) {
  mark_stale();
  if (!busy_.over(now.steady)) return std::nullopt;
  if (auto question = next_question(now)) return question;
  if (const auto command = subscriptions_.next(now.steady)) {
    if (command->kind == SubscriptionSet::Command::Kind::kDelete) {
      hooks_.on_left(options_.connection, command->sid, now.wall, command->markets);
    }
    return text_of(*command);
  }
  give_back_excess();
  return next_check(now);
}

std::string BookConversation::text_of(const SubscriptionSet::Command& command) const {
  std::vector<std::string_view> tickers;
  tickers.reserve(command.markets.size());
  for (const auto market : command.markets) tickers.push_back(shared_.tickers.name(market));
  switch (command.kind) {
    case SubscriptionSet::Command::Kind::kSubscribe:
      return subscribe_books(command.id, tickers);
    case SubscriptionSet::Command::Kind::kAdd:
      return update_subscription(command.id, command.sid, UpdateAction::kAddMarkets, tickers);
    case SubscriptionSet::Command::Kind::kDelete:
      break;
  }
  return update_subscription(command.id, command.sid, UpdateAction::kDeleteMarkets, tickers);
}

std::string BookConversation::ask(std::span<const Id> markets) {
  std::vector<std::string_view> tickers;
  tickers.reserve(markets.size());
  for (const auto market : markets) tickers.push_back(shared_.tickers.name(market));
  return update_subscription(next_ask_++, subscriptions_.sid().value_or(0),
                             UpdateAction::kGetSnapshot, tickers);
}

// A slice for lost or missing bases, or a single market when the connection is silent.
std::optional<std::string> BookConversation::next_question(const Moment& now) {
  if (!subscriptions_.sid()) return std::nullopt;
  if (resync_.waits_after_refusal()) expire_resync(now);
  if (const auto slice = resync_.next(next_ask_, now.steady)) {
    metrics_.resyncs.add();
    return ask(slice->markets);
  }
  if (!std::exchange(probe_due_, false)) return std::nullopt;
  const Id market[] = {next_to_probe()};
  if (market[0] == Interner::kNone) {
    if (!is_owed()) prober_.restart(now.steady);
    return std::nullopt;
  }
  if (probed_.size() == 2) probed_.erase(probed_.begin());
  probed_.push_back(market[0]);
  return ask(market);
}

BookConversation::Id BookConversation::next_to_probe() {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    const auto market = subscriptions_.next_held(probe_cursor_);
    if (market == Interner::kNone || !resync_.is_suspect(market)) return market;
  }
  return Interner::kNone;
}

std::optional<std::string> BookConversation::next_check(const Moment& now) {
  const auto sid = subscriptions_.sid();
  if (!sid) return std::nullopt;
  if (!self_checks_.due(now.steady)) return std::nullopt;
  const auto market = subscriptions_.next_held(check_cursor_);
  if (market == Interner::kNone) return std::nullopt;
  self_checks_.asked(now.steady);
  return ask({&market, 1});
}

}  // namespace kd
