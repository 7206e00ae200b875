// What the registry asks about the exchange itself: its limits, its schedule, whether it is open.
#include "codec/rest_decoder.h"
#include "market/market_registry.h"

namespace kd {

using namespace std::chrono_literals;

// Nothing of it goes out before the first page, whose answer shows whether we are at the right
// place with the right key.
void Registry::ask_housekeeping(Clock::time_point now) {
  if (!answered_) return;
  if (hours_.status_due(now)) {
    hours_.on_asked();
    ask({.endpoint = "/exchange/status",
         .path = "/exchange/status",
         .priority = RestPriority::kStatus,
         .timeout = 10s,
         .max_retries = 0,
         .accept_5xx = true},
        [this](const auto& answer) { on_status(answer); });
  }
  if (now >= next_limits_) {
    next_limits_ = Clock::time_point::max();
    if (options_.learn_budget) {
      ask({.endpoint = "/account/limits",
           .path = "/account/limits",
           .priority = RestPriority::kStatus},
          [this](const auto& answer) { on_limits(answer); });
    }
  }
  if (now >= next_schedule_) {
    next_schedule_ = Clock::time_point::max();
    ask({.endpoint = "/exchange/schedule",
         .path = "/exchange/schedule",
         .priority = RestPriority::kReconcile},
        [this](const auto& answer) { on_schedule(answer); });
  }
}

void Registry::on_limits(const Expected<RestAnswer>& answer) {
  const auto limits = answer ? decode_account_limits(answer->body) : tl::unexpected(answer.error());
  next_limits_ = Clock::now() + (limits ? Clock::duration(1h) : Clock::duration(5min));
  if (!limits) {
    metrics_.errors("/account/limits").add();
    log_.warn("the account's limits are not known; keeping the budget",
              {kv("error", limits.error().what)});
    return;
  }
  const auto tokens = limits->read_refill_rate * options_.read_share;
  if (tokens <= 0 || tokens == client_.tokens_per_second()) return;
  client_.set_budget(tokens, limits->read_bucket_capacity * options_.read_share);
  log_.info("read budget", {kv("tier", limits->usage_tier), kv("tokens_per_second", tokens)});
}

void Registry::on_schedule(const Expected<RestAnswer>& answer) {
  auto windows = answer ? decode_maintenance_windows(answer->body) : tl::unexpected(answer.error());
  next_schedule_ = Clock::now() + (windows ? Clock::duration(24h) : Clock::duration(5min));
  if (windows) {
    hours_.on_schedule(*std::move(windows));
  } else {
    metrics_.errors("/exchange/schedule").add();
    log_.warn("planned pauses are not known", {kv("error", windows.error().what)});
  }
}

void Registry::on_status(const Expected<RestAnswer>& answer) {
  const auto status =
      answer ? decode_exchange_status(answer->body) : tl::unexpected(answer.error());
  if (!status) {
    metrics_.errors("/exchange/status").add();
    hours_.on_status_failed(Clock::now());
    log_.warn("whether the exchange is open is not known", {kv("error", status.error().what)});
    return;
  }
  hours_.on_status(*status, now(), Clock::now());
  metrics_.exchange_active.set(hours_.paused() ? 0 : 1);
  metrics_.shards_inactive.set(static_cast<double>(hours_.shards_paused()));
  if (paused_.exchange(hours_.paused()) == hours_.paused()) return;
  log_.warn(hours_.paused() ? "the exchange is paused" : "the exchange is open again",
            {kv("shards", hours_.shards()), kv("shards_paused", hours_.shards_paused())});
}

}  // namespace kd
