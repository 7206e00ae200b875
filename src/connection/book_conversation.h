#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/log.h"
#include "connection/base_checks.h"
#include "connection/conversation.h"
#include "connection/prober.h"
#include "connection/reply_policy.h"
#include "connection/resync.h"
#include "connection/self_checks.h"
#include "connection/session_hooks.h"
#include "connection/session_metrics.h"
#include "connection/subscription_set.h"

namespace kd {

// What a book connection tells whoever deals out the markets. Called on the connection's loop.
struct BookLinks {
  using Markets = std::span<const Interner::Id>;
  // The subscription takes no more than `limit`; these do not fit.
  std::function<void(std::int32_t connection, std::size_t limit, Markets excess)> on_full =
      [](std::int32_t, std::size_t, Markets) {};
  // A market that was taken over has its snapshot here.
  std::function<void(std::int32_t connection, Interner::Id market)> on_based = [](std::int32_t,
                                                                                  Interner::Id) {};
  // All bases here are stale.
  std::function<void(std::int32_t connection)> on_bases_lost = [](std::int32_t) {};
  // The socket is gone.
  std::function<void(std::int32_t connection)> on_lost = [](std::int32_t) {};
  // It overflows again and again: it is to carry less. It is about to start over.
  std::function<void(std::int32_t connection)> on_overflow = [](std::int32_t) {};
};

// A connection of order books: makes the wanted markets one subscription, keeps every market
// based on a snapshot, and asks when it is silent.
class BookConversation final : public Conversation {
 public:
  using Id = Interner::Id;
  struct Options {
    std::int32_t connection = 0;
    SubscriptionSet::Options subscriptions;
    Resync::Options resync;
    Prober::Options silence;
    std::chrono::milliseconds first_look{5'000};  // after an acknowledgement, for missing snapshots
    double self_checks_per_minute = 10;
  };
  // What all book connections of a gatherer share; all must outlive this.
  struct Shared {
    const Interner& tickers;
    SnapshotBudget& budget;
    const BookLinks& links;
  };
  BookConversation(Options options, const Shared& shared, const SessionHooks& hooks,
                   SessionMetrics& metrics, Logger log);

  void want(std::span<const Id> markets);
  void let_go(std::span<const Id> markets);
  // As want(), and on_based() is told for each of their snapshots until settled().
  void take_over(std::span<const Id> markets);
  void settled(std::span<const Id> markets);

  void opened(const Moment& now) override;
  void on_event(const ControlEvent& event, const Moment& now) override;
  void tick(const Moment& now, std::chrono::steady_clock::time_point heard) override;
  std::optional<std::string> next_text(const Moment& now) override;
  bool impatient() const override { return resync_.hungry() || resync_.waits_after_refusal(); }
  void lost() override;

  const SubscriptionSet& subscriptions() const { return subscriptions_; }
  std::size_t bytes() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  void on_answer(std::optional<SubscriptionSet::Command> done, const Moment& now);
  void on_ok(const ControlEvent& event, const Moment& now);
  void on_snapshot(const ControlEvent& event, const Moment& now);
  void on_gap();
  void mark_stale();
  void on_error(const ControlEvent& event, const Moment& now);
  void on_refused(const ControlEvent& event, Reaction reaction, const Moment& now);
  void on_overflow(const std::string& reason, const Moment& now);
  void stream_ended(const std::string& reason, const Moment& now);
  void forget_stream();
  bool concerns_us(const ControlEvent& event) const;
  void expire_resync(const Moment& now);
  void report_resync(const Moment& now);
  void look_for_bases(const Moment& now);
  void give_back_excess();
  std::string text_of(const SubscriptionSet::Command& command) const;
  void listen(const Moment& now, Time heard);
  // An answer to a subscription command.
  bool is_owed() const { return subscriptions_.awaits_any() || subscriptions_.pending() > 0; }
  Id next_to_probe();
  std::string ask(std::span<const Id> markets);
  std::optional<std::string> next_question(const Moment& now);
  std::optional<std::string> next_check(const Moment& now);

  const Options options_;
  const Shared shared_;
  const SessionHooks& hooks_;
  SessionMetrics& metrics_;
  const Logger log_;
  SubscriptionSet subscriptions_;
  Resync resync_;
  BaseChecks checks_;
  Prober prober_;
  SelfChecks self_checks_;
  BusyPause busy_;
  RefusalLog refusal_log_;
  IdTable taking_over_;
  std::int64_t next_ask_;
  std::int64_t first_ask_;                // of this subscription
  std::optional<std::int64_t> seen_sid_;  // whose beginning we saw on this socket
  std::optional<std::size_t> told_limit_;
  std::size_t probe_cursor_ = 0;
  std::size_t check_cursor_ = 0;
  bool gap_ = false;  // to be acted on
  bool probe_due_ = false;
  std::vector<Id> probed_;  // the last two
  Time heard_{};            // the last message, to a tick
  Time last_snapshot_{};
  std::optional<Time> last_overflow_;
  std::optional<Time> last_end_;  // of a subscription while the socket lived
};

}  // namespace kd
