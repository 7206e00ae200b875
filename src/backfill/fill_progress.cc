#include "backfill/fill_progress.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/with_commas.h"

namespace kd {
namespace {

double share(std::chrono::seconds part, std::chrono::seconds whole) {
  return whole.count() <= 0
             ? 1.0
             : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

}  // namespace

void FillProgress::on_window(const TradeWindow& window, const FillCounts& counts) {
  done_ = window.to;
  finished_ += counts;
  current_ = {};
}

FillCounts FillProgress::total() const {
  auto all = finished_;
  all += current_;
  return all;
}

std::string FillProgress::line(Clock::time_point now) const {
  const auto seconds = std::max(1e-3, std::chrono::duration<double>(now - began_).count());
  const auto counts = total();
  const auto rate = static_cast<double>(counts.read) / seconds;
  return fmt::format("{:5.1f} %  {:%Y-%m-%d %H:%M:%S}  {} read  {} added  {} trades/s  {}",
                     100 * share(done_ - all_.from, all_.to - all_.from),
                     fmt::gmtime(std::chrono::system_clock::to_time_t(done_)),
                     with_commas(counts.read), with_commas(counts.added),
                     with_commas(static_cast<std::int64_t>(rate)), time_left(seconds));
}

std::string FillProgress::time_left(double seconds) const {
  const auto part = share(done_ - first_, all_.to - first_);
  if (part <= 0) return "time left unknown";
  const auto left = static_cast<std::int64_t>(seconds / part * (1 - part) + 0.5);
  if (left >= 3600) return fmt::format("{}h{:02}m left", left / 3600, left / 60 % 60);
  if (left >= 60) return fmt::format("{}m{:02}s left", left / 60, left % 60);
  return fmt::format("{}s left", left);
}

}  // namespace kd
