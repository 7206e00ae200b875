#include "sim/synthetic_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/numbers.h"
#include "sim/order_flow.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kMarketsPerEvent = 5;
constexpr std::size_t kComboEvery = 50;
constexpr std::string_view kCategories[] = {"Economics", "Politics", "Sports",
                                            "Climate and Weather", "Crypto"};

// "26NOV22"
std::string ticker_date(std::int64_t ms) {
  constexpr std::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  const std::string text = rfc3339_from_ms(ms);
  const auto month = static_cast<std::size_t>((text[5] - '0') * 10 + (text[6] - '0') - 1);
  return text.substr(2, 2) + std::string(kMonths[month]) + text.substr(8, 2);
}

}  // namespace

SyntheticWorld::SyntheticWorld(World& world, const SyntheticOptions& options, std::int64_t now_ms)
    : world_(world),
      options_(options),
      start_ms_(now_ms / 1000 * 1000),
      series_(options.series > 0 ? options.series : options.markets / 50 + 1),
      depth_(options.markets > 100'000 ? 3 : 10),
      random_(options.seed) {
  world_.track_updates(start_ms_);
}

std::vector<MarketIndex> SyntheticWorld::make_first_markets() {
  std::vector<MarketIndex> made;
  const std::int64_t open = start_ms_ - 12 * kHourMs;
  EventIndex event = 0;
  while (made.size() < options_.markets) {
    const bool combo = made.size() % kComboEvery == kComboEvery - 1;
    if (combo) {
      made.push_back(make_market_of(make_event(true, start_ms_), open - kHourMs, open));
      continue;
    }
    if (made.size() % kMarketsPerEvent == 0) event = make_event(false, start_ms_);
    made.push_back(make_market_of(event, open - kHourMs, open));
  }
  return made;
}

MarketIndex SyntheticWorld::make_market(std::int64_t now_ms, std::int64_t open_ms) {
  return make_market_of(make_event(random_.chance(1.0 / kComboEvery), now_ms), now_ms, open_ms);
}

MarketIndex SyntheticWorld::make_combo(std::int64_t now_ms, std::int64_t open_ms,
                                       std::int64_t close_ms) {
  const MarketIndex at = make_market_of(make_event(true, now_ms), now_ms, open_ms);
  world_.market(at).provisional = true;
  world_.market(at).times.close = close_ms;
  return at;
}

EventIndex SyntheticWorld::make_event(bool combo, std::int64_t now_ms) {
  const std::uint64_t number = next_event_++;
  const std::size_t series_number = number % series_;
  const std::string series_ticker =
      combo ? "KXMVECROSSCATEGORY" : fmt::format("KXSIM{:03}", series_number);
  const SeriesIndex at = world_.series_for(series_ticker);
  Series& series = world_.series(at);
  if (series.category.empty()) {
    series.category = combo ? "Exotics" : kCategories[series_number % std::size(kCategories)];
    series.title = combo ? "Combos" : fmt::format("Simulated index {}", series_number);
    series.frequency = "daily";
  }
  const EventIndex made =
      world_.add_event(combo ? fmt::format("{}-S2026{:012X}", series_ticker, number)
                             : fmt::format("{}-{}E{}", series_ticker, ticker_date(now_ms), number),
                       at);
  Event& event = world_.event(made);
  event.title =
      combo ? "Combo" : fmt::format("Will “index {}” close above its “strike”?", series_number);
  event.sub_title = combo ? "" : fmt::format("Round {} \"today\" & later", number);
  return made;
}

MarketIndex SyntheticWorld::make_market_of(EventIndex event, std::int64_t created_ms,
                                           std::int64_t open_ms) {
  const bool combo = world_.event(event).combo;
  const std::size_t number = world_.event(event).markets.size();
  const std::string strike = combo ? fmt::format("{:011X}", random_.next() >> 20)
                                   : fmt::format("T{}.{:02}", number * 2 + 1, random_.below(100));
  const MarketIndex at =
      world_.add_market(fmt::format("{}-{}", world_.event(event).ticker, strike), event);
  Market& market = world_.market(at);
  market.grid = choose_grid(combo);
  market.times.created = market.times.updated = created_ms;
  if (created_ms >= start_ms_) world_.update(at, created_ms);
  market.times.open = open_ms;
  market.times.close = open_ms + (24 + static_cast<std::int64_t>(random_.below(700))) * kHourMs;
  // A fifth of the markets is nearly decided: there the fine grids are.
  const auto edge = static_cast<std::int32_t>(2000 + random_.below(6000));
  const auto middle = static_cast<std::int32_t>(10'000 + random_.below(80'000));
  const std::int32_t fair =
      random_.chance(0.2) ? (random_.chance(0.5) ? edge : kDollar - edge) : middle;
  fair_.resize(std::max<std::size_t>(fair_.size(), at + std::size_t{1}));
  fair_[at] = fair;
  OrderFlow::seed_book(market, fair, depth_, random_);
  return at;
}

GridKind SyntheticWorld::choose_grid(bool combo) {
  if (combo) return GridKind::kComboCenti;
  const double choice = random_.uniform();
  if (choice < 0.6) return GridKind::kLinearCent;
  return choice < 0.8 ? GridKind::kTaperedDeciCent : GridKind::kDeciCent;
}

}  // namespace kd::sim
