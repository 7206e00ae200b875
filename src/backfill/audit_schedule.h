#pragma once

#include <chrono>
#include <optional>

#include "backfill/trade_window.h"

namespace kd {

// Decides which window of time is compared with the exchange next: the oldest that was not yet,
// once everything in it is merged and the exchange has had time to list it. Behind by more than an
// interval it goes on at once, with windows as wide as their pages allow. Pure; one thread.
class AuditSchedule {
 public:
  struct Options {
    std::chrono::seconds interval{300};
    std::chrono::seconds lag{120};       // how long a trade may take to be listed
    std::chrono::seconds widest{3'600};  // of a window, when behind
  };

  explicit AuditSchedule(Options options) : options_(options), width_(options.widest) {}

  // Where an audit that never ran begins.
  void begin_at(std::chrono::sys_seconds done) { done_ = done; }
  bool begun() const { return done_.has_value(); }

  // `settled`: up to when all gatherers that can be reached are merged; absent: not known.
  std::optional<TradeWindow> next(std::optional<Micros> settled, Micros now) const;
  void on_window(const TradeWindow& window, std::size_t pages);

  // How much of the past has not been compared.
  std::chrono::seconds behind(Micros now) const;

 private:
  const Options options_;
  WindowWidth width_;
  std::optional<std::chrono::sys_seconds> done_;
};

}  // namespace kd
