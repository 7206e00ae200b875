#include "backfill/audit_schedule.h"

#include <algorithm>

namespace kd {

using std::chrono::floor;
using std::chrono::seconds;

std::optional<TradeWindow> AuditSchedule::next(std::optional<Micros> settled, Micros now) const {
  if (!done_ || !settled) return std::nullopt;
  const auto limit = floor<seconds>(std::min(*settled, now - options_.lag));
  if (limit - *done_ < options_.interval) return std::nullopt;
  const auto width = std::max(options_.interval, width_.get());
  return TradeWindow{.from = *done_, .to = std::min(*done_ + width, limit)};
}

void AuditSchedule::on_window(const TradeWindow& window, std::size_t pages) {
  done_ = window.to;
  width_.on_window(pages);
}

seconds AuditSchedule::behind(Micros now) const {
  if (!done_) return seconds(0);
  return std::max(seconds(0), floor<seconds>(now) - *done_);
}

}  // namespace kd
