#include "market/exchange_hours.h"

#include <algorithm>
#include <functional>

namespace kd {
namespace {

using namespace std::chrono_literals;

bool in_weekly_pause(Micros at) {
  const auto local = at - eastern_behind_utc(at);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  if (std::chrono::weekday(day) != std::chrono::Thursday) return false;
  const auto since_midnight = local - day;
  return since_midnight >= 3h && since_midnight < 5h;
}

}  // namespace

std::chrono::hours eastern_behind_utc(Micros at) {
  using std::chrono::Sunday;
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year();
  // 02:00 standard time is 07:00 UTC; 02:00 daylight time is 06:00 UTC.
  const Micros begins = std::chrono::sys_days(year / std::chrono::March / Sunday[2]) + 7h;
  const Micros ends = std::chrono::sys_days(year / std::chrono::November / Sunday[1]) + 6h;
  return at >= begins && at < ends ? 4h : 5h;
}

void ExchangeHours::on_status(const ExchangeStatus& status, Micros wall, Clock::time_point now) {
  const auto trades = [](const auto& part) { return part.exchange_active && part.trading_active; };
  shards_ = std::max<std::size_t>(status.shards.size(), 1);
  shards_paused_ = static_cast<std::size_t>(
      std::count_if(status.shards.begin(), status.shards.end(), std::not_fn(trades)));
  if (status.shards.empty() && !trades(status)) shards_paused_ = 1;
  paused_ = shards_paused_ == shards_;
  next_status_ = now + interval_;
  if (!paused_ || !status.estimated_resume) return;
  const auto until = *status.estimated_resume - wall;
  if (until < interval_)
    next_status_ =
        now + std::max<Micros::duration>(until, std::min<Micros::duration>(interval_, kShortest));
}

bool ExchangeHours::in_maintenance(Micros wall) const {
  return in_weekly_pause(wall) ||
         std::any_of(windows_.begin(), windows_.end(),
                     [&](const auto& window) { return wall >= window.from && wall < window.to; });
}

}  // namespace kd
