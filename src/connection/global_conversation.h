#pragma once

#include <cstdint>
#include <vector>

#include "base/log.h"
#include "connection/conversation.h"
#include "connection/prober.h"
#include "connection/role.h"
#include "connection/session_hooks.h"
#include "connection/session_metrics.h"

namespace kd {

// A connection of global channels: each is subscribed to without a list of markets. When it is
// silent it is asked for its subscriptions, which proves that it still answers.
class GlobalConversation final : public Conversation {
 public:
  struct Options {
    std::int32_t connection = 0;
    Role role{};
    std::chrono::milliseconds answer_timeout{10'000};
    Prober::Options silence{.quiet = std::chrono::seconds(10), .dead = std::chrono::seconds(30)};
  };
  // Hooks and metrics must outlive this.
  GlobalConversation(Options options, const SessionHooks& hooks, SessionMetrics& metrics,
                     Logger log);

  void opened(const Moment& now) override;
  void on_event(const ControlEvent& event, const Moment& now) override;
  void tick(const Moment& now, std::chrono::steady_clock::time_point heard) override;
  std::optional<std::string> next_text(const Moment& now) override;
  void lost() override;

 private:
  struct Subscription {
    Channel channel{};
    std::int64_t id = 0;  // of the command under way or answered; 0: to be sent
    std::optional<std::int64_t> sid;
    std::chrono::steady_clock::time_point asked{};
  };
  void on_subscribed(const ControlEvent& event);
  void on_error(const ControlEvent& event, const Moment& now);
  void end(Subscription& subscription, const Moment& now, const std::string& reason);
  Subscription* find(const ControlEvent& event);

  const Options options_;
  const SessionHooks& hooks_;
  SessionMetrics& metrics_;
  const Logger log_;
  std::vector<Subscription> subscriptions_;
  std::int64_t next_id_ = 1;
  BusyPause busy_;
  RefusalLog refusal_log_;
  Prober prober_;
  bool ask_list_ = false;
  std::chrono::steady_clock::time_point last_overflow_{};
};

}  // namespace kd
