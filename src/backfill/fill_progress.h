#pragma once

#include <chrono>
#include <string>

#include "backfill/trade_fill.h"

namespace kd {

// How far a back-fill of a stretch of time is, in words for a person. Share and time left go by
// the time that is done, since nobody knows how many trades are to come. Pure: time is an
// argument.
class FillProgress {
 public:
  using Clock = std::chrono::steady_clock;

  // `done` of `all` was done before this run.
  FillProgress(TradeWindow all, std::chrono::sys_seconds done, Clock::time_point now)
      : all_(all), first_(done), done_(done), began_(now) {}

  void on_window(const TradeWindow& window, const FillCounts& counts);
  // Of the window that is being read.
  void on_page(const FillCounts& counts) { current_ = counts; }

  // "34.2 %  2026-11-16 04:20:00  120,500 read  3,210 added  2,450 trades/s  1m20s left"
  std::string line(Clock::time_point now) const;
  FillCounts total() const;

 private:
  std::string time_left(double seconds) const;

  const TradeWindow all_;
  const std::chrono::sys_seconds first_;
  std::chrono::sys_seconds done_;
  const Clock::time_point began_;
  FillCounts finished_;
  FillCounts current_;
};

}  // namespace kd
