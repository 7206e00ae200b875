#include "connection/subscription_set.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

void append(std::deque<std::vector<std::string>>& queue, const std::string& ticker,
            std::size_t most) {
  if (queue.empty() || queue.back().size() >= most) queue.emplace_back();
  queue.back().push_back(ticker);
}

}  // namespace

void SubscriptionSet::want(const std::string& ticker) {
  const bool again = refused_.erase(ticker) > 0;
  if (!wanted_.insert(ticker).second && !again) return;
  append(to_add_, ticker, options_.tickers_per_command);
}

void SubscriptionSet::let_go(const std::string& ticker) {
  if (wanted_.erase(ticker) == 0) return;
  refused_.erase(ticker);
  if (held_.erase(ticker) > 0) append(to_delete_, ticker, options_.tickers_per_command);
}

std::optional<SubscriptionSet::Command> SubscriptionSet::next(Time now) {
  if (subscribing_) return std::nullopt;  // the sid is needed for everything else
  if (!sid_) {
    auto tickers = take(to_add_, Command::Kind::kSubscribe);
    if (tickers.empty()) return std::nullopt;
    subscribing_ = true;
    return send({Command::Kind::kSubscribe, 0, 0, std::move(tickers)}, now);
  }
  for (const auto kind : {Command::Kind::kAdd, Command::Kind::kDelete}) {
    auto tickers = take(kind == Command::Kind::kAdd ? to_add_ : to_delete_, kind);
    if (!tickers.empty()) return send({kind, 0, *sid_, std::move(tickers)}, now);
  }
  return std::nullopt;
}

// The next batch, less what has changed since it was queued.
std::vector<std::string> SubscriptionSet::take(std::deque<std::vector<std::string>>& queue,
                                               Command::Kind kind) {
  while (!queue.empty()) {
    auto tickers = std::move(queue.front());
    queue.pop_front();
    std::erase_if(tickers, [&](const std::string& ticker) {
      const bool adding = kind != Command::Kind::kDelete;
      return adding ? !wanted_.contains(ticker) || held_.contains(ticker)
                    : wanted_.contains(ticker);
    });
    if (!tickers.empty()) return tickers;
  }
  return {};
}

SubscriptionSet::Command SubscriptionSet::send(Command command, Time now) {
  command.id = next_id_++;
  sent_.emplace(command.id, Sent{command, now});
  return command;
}

void SubscriptionSet::expire(Time now) {
  std::vector<std::int64_t> late;
  for (const auto& [id, sent] : sent_) {
    if (now - sent.at >= options_.answer_timeout) late.push_back(id);
  }
  for (const auto id : late) retry(*settle(id));
  if (!refused_.empty() && now - last_refusal_ >= options_.refused_retry) {
    for (const auto& ticker : refused_) append(to_add_, ticker, options_.tickers_per_command);
    refused_.clear();
  }
}

void SubscriptionSet::retry(Command command) {
  auto& queue = command.kind == Command::Kind::kDelete ? to_delete_ : to_add_;
  queue.push_back(std::move(command.tickers));
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
  if (command->kind == Command::Kind::kDelete) return command;
  for (const auto& ticker : command->tickers) {
    held_.insert(ticker);
    if (!wanted_.contains(ticker)) {  // let go while the command was under way
      held_.erase(ticker);
      append(to_delete_, ticker, options_.tickers_per_command);
    }
  }
  return command;
}

std::optional<SubscriptionSet::Command> SubscriptionSet::on_error(std::int64_t id, Time now) {
  auto command = settle(id);
  if (!command || command->kind == Command::Kind::kDelete) return command;
  const auto& tickers = command->tickers;
  if (tickers.size() == 1) {
    if (wanted_.contains(tickers[0])) refused_.insert(tickers[0]);
    last_refusal_ = now;
    return command;
  }
  const auto middle = tickers.begin() + static_cast<std::ptrdiff_t>(tickers.size() / 2);
  to_add_.emplace_back(tickers.begin(), middle);
  to_add_.emplace_back(middle, tickers.end());
  return command;
}

std::optional<SubscriptionSet::Command> SubscriptionSet::on_full(std::int64_t id) {
  auto command = settle(id);
  if (!command || command->kind == Command::Kind::kDelete) return std::nullopt;
  for (const auto& ticker : command->tickers) wanted_.erase(ticker);
  return command;
}

void SubscriptionSet::on_busy(std::int64_t id) {
  if (auto command = settle(id)) retry(*std::move(command));
}

void SubscriptionSet::on_lost() {
  sid_.reset();
  subscribing_ = false;
  sent_.clear();
  held_.clear();
  refused_.clear();
  to_add_.clear();
  to_delete_.clear();
  for (const auto& ticker : wanted_) append(to_add_, ticker, options_.tickers_per_command);
}

}  // namespace kd
