#pragma once

#include <cstdint>
#include <vector>

#include "sim/activity.h"
#include "sim/order_flow.h"
#include "sim/player.h"
#include "sim/synthetic_life.h"
#include "sim/synthetic_world.h"

namespace kd::sim {

// Publishes the traffic of a made-up world at a rate. Each call of play() emits what became due
// since the last one, its stamps spread over that time: whole milliseconds, never repeated by two
// actions of one market unless the rate leaves no other way.
class SyntheticFeed final : public Feed {
 public:
  SyntheticFeed(Exchange& exchange, const SyntheticOptions& options, std::int64_t now_ms);

  Expected<std::size_t> play(std::int64_t now_ms, std::size_t limit) override;
  bool finished() const override { return stopped_; }
  void stop() override { stopped_ = true; }

 private:
  struct Slot {
    MarketIndex market;
    std::int64_t last_ms = 0;  // stamp of its last action
    bool idle = false;         // closed, not yet open, or paused
  };

  void act_once(std::int64_t now_ms);
  Slot* choose(std::int64_t now_ms);
  void emit(MarketIndex market, std::int64_t ts_ms);
  void emit_ticker(MarketIndex market, std::int64_t ts_ms);
  void publish(FeedEvent& event);

  // In synthetic_feed_life.cc.
  void live(const LifeStep& step);
  void announce_close(const LifeStep& step);
  void reopen(const LifeStep& step);
  void clear_book(const LifeStep& step);
  void determine(const LifeStep& step);
  void amend(const LifeStep& step);
  void settle(const LifeStep& step);
  void pause(const LifeStep& step, bool paused);
  void withdraw_all(const LifeStep& step);
  void change(const LifeStep& step);
  void change_grid(const LifeStep& step);
  void change_metadata(const LifeStep& step);
  void change_close(const LifeStep& step);
  void change_fee(const LifeStep& step);
  void ask_combo(const LifeStep& step);
  void trade_combo(const LifeStep& step);
  void announce(MarketIndex market);
  void set_close(const LifeStep& step, std::int64_t close_ms);

  Exchange& exchange_;
  const SyntheticOptions options_;
  SyntheticWorld made_;
  SyntheticLife life_;
  Activity activity_;
  OrderFlow flow_;
  std::vector<Slot> slots_;
  std::vector<Change> changes_;
  FeedEvent event_;
  std::int64_t last_now_ms_ = 0;
  std::int64_t from_ms_ = 0;  // stamps of this call lie above
  std::int64_t last_sending_ms_ = 0;
  double budget_ = 0;  // messages that are due
  std::size_t emitted_ = 0;
  bool stopped_ = false;
};

}  // namespace kd::sim
