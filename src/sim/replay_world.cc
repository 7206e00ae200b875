#include "sim/replay_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/metadata.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

// How long before the start clients may look around; frames this near to a window's begin count
// as being there from the start.
constexpr std::int64_t kLeadMs = 10'000;
// A settlement much later than the last frame is not part of what was recorded.
constexpr std::int64_t kMaxSettlementWaitMs = 15LL * 60'000;

class Builder {
 public:
  Builder(const Recording& recording, const ReplayPlan& plan, World& world)
      : recording_(recording), plan_(plan), world_(world) {}

  Expected<std::vector<Milestone>> run() {
    for (std::size_t window = 0; window < recording_.windows.size(); ++window) {
      for (const auto& [ticker, _] : recording_.windows[window].markets) {
        windows_.try_emplace(ticker, window);
      }
    }
    if (auto read = read_metadata(); !read) return tl::unexpected(read.error());
    for (const auto& [ticker, window] : windows_) {
      const auto known = world_.find_market(ticker);
      adjust(known ? *known : invent(ticker, window), window);
    }
    std::stable_sort(milestones_.begin(), milestones_.end(),
                     [](const Milestone& a, const Milestone& b) { return a.at_ms < b.at_ms; });
    return std::move(milestones_);
  }

 private:
  Expected<void> read_metadata();
  void add(const EventMetadata& metadata);
  void add_market(const MarketMetadata& from, EventIndex event, std::size_t window);
  MarketIndex invent(const std::string& ticker, std::size_t window);
  void adjust(MarketIndex index, std::size_t window);
  void add_milestones(MarketIndex index, std::size_t window, const RecordedMarket& recorded);

  const Recording& recording_;
  const ReplayPlan& plan_;
  World& world_;
  std::map<std::string, std::size_t, std::less<>> windows_;  // market ticker -> its first window
  std::vector<Milestone> milestones_;
};

Expected<void> Builder::read_metadata() {
  namespace fs = std::filesystem;
  std::set<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(recording_.dir + "/metadata", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json") files.insert(at->path().string());
  }
  for (const std::string& file : files) {
    KD_TRY(const MetadataFile metadata, MetadataFile::load(file));
    for (const std::string& ticker : metadata.market_tickers()) {
      const auto window = windows_.find(ticker);
      if (window == windows_.end()) continue;
      // The event's own times move with its first recorded market.
      const std::int64_t shift = plan_.stamp_shift_ms(window->second);
      add(metadata.read(shift, [&](std::string_view market) {
        const auto at = windows_.find(market);
        return at == windows_.end() ? shift : plan_.stamp_shift_ms(at->second);
      }));
      break;
    }
  }
  return {};
}

void Builder::add(const EventMetadata& metadata) {
  if (world_.find_event(metadata.ticker)) return;
  const SeriesIndex series = world_.series_for(metadata.series_ticker);
  if (!metadata.category.empty()) world_.series(series).category = metadata.category;
  if (!metadata.cadence.empty()) world_.series(series).frequency = metadata.cadence;
  const EventIndex at = world_.add_event(metadata.ticker, series);
  Event& event = world_.event(at);
  event.title = metadata.title;
  event.sub_title = metadata.sub_title;
  event.fixed_members = metadata.fixed_members;
  const auto first = std::find_if(metadata.markets.begin(), metadata.markets.end(),
                                  [&](const auto& m) { return windows_.contains(m.ticker); });
  for (const MarketMetadata& market : metadata.markets) {
    if (world_.find_market(market.ticker)) continue;
    const auto window = windows_.find(market.ticker);
    add_market(market, at,
               window != windows_.end() ? window->second : windows_.find(first->ticker)->second);
  }
}

void Builder::add_market(const MarketMetadata& from, EventIndex event, std::size_t window) {
  Market& market = world_.market(world_.add_market(from.ticker, event));
  market.own_texts().fixed_members = from.fixed_members;
  market.result = from.result;
  market.settlement_value = from.settlement_value;
  market.own_texts().expiration_value = from.expiration_value;
  market.shown_offset_ms = plan_.shown_offset_ms(window);
  const auto on_clock = [&](std::int64_t at, std::int64_t absent) {
    return at == kNoTime ? absent : at + market.shown_offset_ms;
  };
  market.times.open = on_clock(from.open_ms, plan_.start_ms - kLeadMs);
  market.times.created = on_clock(from.created_ms, market.times.open);
  market.times.close = on_clock(from.close_ms, kNever);
  market.times.settled = on_clock(from.settled_ms, kNever);
  if (market.times.settled != kNever) {
    const std::int64_t announced = market.times.settled - from.settlement_timer_ms;
    market.times.determined =
        std::max(announced, std::min(market.times.close, market.times.settled));
  }
}

MarketIndex Builder::invent(const std::string& ticker, std::size_t window) {
  const auto last_dash = ticker.rfind('-');
  const std::string event_ticker = ticker.substr(0, last_dash);
  auto event = world_.find_event(event_ticker);
  if (!event) {
    const SeriesIndex series = world_.series_for(ticker.substr(0, ticker.find('-')));
    event = world_.add_event(event_ticker, series);
    world_.event(*event).title = event_ticker;
  }
  const MarketIndex made = world_.add_market(ticker, *event);
  Market& market = world_.market(made);
  market.shown_offset_ms = plan_.shown_offset_ms(window);
  market.times.open = market.times.created = plan_.start_ms - kLeadMs;
  return made;
}

void Builder::adjust(MarketIndex index, std::size_t window) {
  Market& market = world_.market(index);
  const RecordedWindow& recorded_window = recording_.windows[window];
  const RecordedMarket& recorded = recorded_window.markets.at(market.ticker);
  if (!recorded.id.empty()) market.own_texts().id = recorded.id;
  MarketTimes& times = market.times;
  if (recorded.first_recv_ms - recorded_window.first_recv_ms <= kLeadMs) {
    times.open = std::min(times.open, plan_.start_ms - kLeadMs);
  }
  times.created = std::min(times.created, times.open);
  times.updated = times.created;
  const std::int64_t last_frame = recorded.last_recv_ms + plan_.play_shift_ms[window];
  if (times.settled != kNever && times.settled > last_frame + kMaxSettlementWaitMs) {
    if (times.determined > last_frame + kMaxSettlementWaitMs) times.determined = kNever;
    times.settled = kNever;
  }
  if (times.determined != kNever) times.determined = std::max(times.determined, last_frame + 1);
  if (times.settled != kNever) times.settled = std::max(times.settled, times.determined + 1);
  add_milestones(index, window, recorded);
}

void Builder::add_milestones(MarketIndex index, std::size_t window,
                             const RecordedMarket& recorded) {
  const MarketTimes& times = world_.market(index).times;
  if (times.created > plan_.start_ms && !recorded.has_created) {
    milestones_.push_back({times.created, index, MilestoneKind::kCreated, window});
  }
  if (times.determined != kNever && !recorded.has_determined) {
    milestones_.push_back({times.determined, index, MilestoneKind::kDetermined, window});
  }
  if (times.settled != kNever && !recorded.has_settled) {
    milestones_.push_back({times.settled, index, MilestoneKind::kSettled, window});
  }
}

}  // namespace

Expected<std::vector<Milestone>> build_replay_world(const Recording& recording,
                                                    const ReplayPlan& plan, World& world) {
  return Builder(recording, plan, world).run();
}

}  // namespace kd::sim
