#include <iterator>

#include "sim/synthetic_feed.h"

namespace kd::sim {

namespace {

constexpr std::int64_t kComboLifeMs = 60'000;
constexpr int kComboActions = 3;

std::int64_t next_full_second(std::int64_t ms) { return (ms + 999) / 1000 * 1000; }

}  // namespace

void SyntheticFeed::live(const LifeStep& step) {
  switch (step.kind) {
    case LifeStepKind::kAnnounceClose:
      return announce_close(step);
    case LifeStepKind::kOpen:
      slots_[step.slot] = {step.market};
      return;
    case LifeStepKind::kClose:
      slots_[step.slot].idle = true;
      return;
    case LifeStepKind::kReopen:
      return reopen(step);
    case LifeStepKind::kClearBook:
      return clear_book(step);
    case LifeStepKind::kDetermine:
      return determine(step);
    case LifeStepKind::kDispute:
      exchange_.world.market(step.market).times.disputed = step.at_ms;
      return exchange_.world.update(step.market, step.at_ms);
    case LifeStepKind::kAmend:
      return amend(step);
    case LifeStepKind::kSettle:
      return settle(step);
    case LifeStepKind::kPause:
      return pause(step, true);
    case LifeStepKind::kResume:
      withdraw_all(step);
      return pause(step, false);
    case LifeStepKind::kChange:
      return change(step);
    case LifeStepKind::kAskCombo:
      return ask_combo(step);
    case LifeStepKind::kTradeCombo:
      return trade_combo(step);
  }
}

void SyntheticFeed::set_close(const LifeStep& step, std::int64_t close_ms) {
  Market& market = exchange_.world.market(step.market);
  market.times.close = close_ms;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_close_moved(event_, market);
  publish(event_);
}

// A new market, and its event where it is the first one there.
void SyntheticFeed::announce(MarketIndex index) {
  const Market& market = exchange_.world.market(index);
  const Event& of = exchange_.world.event(market.event);
  if (of.markets.front() == index) {
    write_event_listed(event_, of, exchange_.world.series(of.series));
    publish(event_);
  }
  event_.restart(FeedKind::kLifecycle, index);
  write_created(event_, market, of, 0);
  publish(event_);
}

void SyntheticFeed::announce_close(const LifeStep& step) {
  set_close(step, next_full_second(step.at_ms + 2000));
  const std::int64_t opens = next_full_second(step.at_ms + 4000);
  const MarketIndex successor = made_.make_market(step.at_ms, opens);
  announce(successor);
  life_.plan_end(step, exchange_.world.market(step.market).times.close, successor, opens);
}

void SyntheticFeed::reopen(const LifeStep& step) {
  set_close(step, next_full_second(step.at_ms + 2000));
  event_.restart(FeedKind::kLifecycle, step.market);
  write_paused(event_, exchange_.world.market(step.market), false);
  publish(event_);
}

void SyntheticFeed::clear_book(const LifeStep& step) {
  event_.restart(FeedKind::kSnapshot, step.market);
  event_.yes_levels.clear();
  event_.no_levels.clear();
  write_snapshot(event_, exchange_.world.market(step.market));
  publish(event_);
}

void SyntheticFeed::determine(const LifeStep& step) {
  Market& market = exchange_.world.market(step.market);
  const double luck = made_.random().uniform();
  market.result = luck < 0.05 ? "scalar" : luck < 0.5 ? "yes" : "no";
  market.settlement_value = luck < 0.05 ? 50'000 : luck < 0.5 ? 100'000 : 0;
  market.times.determined = step.at_ms;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_determined(event_, market, step.at_ms);
  publish(event_);
}

void SyntheticFeed::amend(const LifeStep& step) {
  Market& market = exchange_.world.market(step.market);
  market.result = market.result == "yes" ? "no" : "yes";
  market.settlement_value = market.result == "yes" ? 100'000 : 0;
  market.times.amended = step.at_ms;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_determined(event_, market, step.at_ms);
  publish(event_);
}

void SyntheticFeed::settle(const LifeStep& step) {
  Market& market = exchange_.world.market(step.market);
  market.times.settled = step.at_ms;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_settled(event_, market, step.at_ms);
  publish(event_);
}

void SyntheticFeed::pause(const LifeStep& step, bool paused) {
  slots_[step.slot].idle = paused;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_paused(event_, exchange_.world.market(step.market), paused);
  publish(event_);
}

// Coming back, the exchange cancels every resting order.
void SyntheticFeed::withdraw_all(const LifeStep& step) {
  const Book book = exchange_.world.market(step.market).book;
  changes_.clear();
  for (const bool yes : {true, false}) {
    for (const Level& level : book.side(yes)) {
      changes_.push_back({false, yes, level.price, -level.size, false});
    }
  }
  slots_[step.slot].last_ms = last_now_ms_;
  emit(step.market, last_now_ms_);
}

void SyntheticFeed::change(const LifeStep& step) {
  using Way = void (SyntheticFeed::*)(const LifeStep&);
  constexpr Way kWays[] = {&SyntheticFeed::change_grid, &SyntheticFeed::change_metadata,
                           &SyntheticFeed::change_close, &SyntheticFeed::change_fee};
  (this->*kWays[made_.random().below(std::size(kWays))])(step);
}

// To a finer one only: what rests in the book must stay valid. Combos have one grid.
void SyntheticFeed::change_grid(const LifeStep& step) {
  Market& market = exchange_.world.market(step.market);
  if (exchange_.world.event(market.event).combo) return change_close(step);
  market.grid = GridKind::kDeciCent;
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_grid_changed(event_, market);
  publish(event_);
}

void SyntheticFeed::change_metadata(const LifeStep& step) {
  Market& market = exchange_.world.market(step.market);
  if (exchange_.world.event(market.event).combo) return change_close(step);
  market.own_texts().yes_sub_title = "Target " + std::to_string(made_.random().below(100'000));
  exchange_.world.update(step.market, step.at_ms);
  event_.restart(FeedKind::kLifecycle, step.market);
  write_metadata_changed(event_, market);
  publish(event_);
}

void SyntheticFeed::change_close(const LifeStep& step) {
  const std::int64_t day_ms = 24LL * 3600 * 1000;
  set_close(step, exchange_.world.market(step.market).times.close + day_ms);
}

void SyntheticFeed::change_fee(const LifeStep& step) {
  const EventIndex at = exchange_.world.market(step.market).event;
  const bool set = exchange_.world.event(at).fee_type.empty();
  exchange_.world.set_fee(at, set ? "quadratic_with_maker_fees" : "", 0.5, step.at_ms);
  write_event_fee(event_, exchange_.world.event(at));
  publish(event_);
}

void SyntheticFeed::ask_combo(const LifeStep& step) {
  const std::int64_t opens = next_full_second(step.at_ms + 1000);
  const MarketIndex combo = made_.make_combo(step.at_ms, opens, opens + kComboLifeMs);
  announce(combo);
  life_.plan_combo(combo, opens, opens + kComboLifeMs);
}

void SyntheticFeed::trade_combo(const LifeStep& step) {
  for (int i = 0; i < kComboActions; ++i) {
    flow_.act(exchange_.world.market(step.market), made_.fair(step.market), made_.random(),
              changes_);
    emit(step.market, step.at_ms + i);
  }
}

}  // namespace kd::sim
