#include "sim/market_filter.h"

#include <algorithm>

namespace kd::sim {

namespace {

tl::unexpected<Error> refused(std::string why) { return fail(Remedy::kDropItem, std::move(why)); }

}  // namespace

std::optional<bool> status_matches(std::string_view filter, MarketStatus status) {
  if (filter.empty()) return true;
  if (filter == "unopened") return status == MarketStatus::kInitialized;
  if (filter == "open") {
    return status == MarketStatus::kActive || status == MarketStatus::kInactive;
  }
  if (filter == "paused") return status == MarketStatus::kInactive;
  if (filter == "closed") {
    return status >= MarketStatus::kClosed && status < MarketStatus::kFinalized;
  }
  if (filter == "settled") return status == MarketStatus::kFinalized;
  return std::nullopt;
}

bool MarketFilter::Range::holds(std::int64_t ms) const {
  if (!set()) return true;
  if (ms == kNever) return false;
  return (!min_s || ms >= *min_s * 1000) && (!max_s || ms <= *max_s * 1000);
}

Expected<MarketFilter> MarketFilter::parse(const Query& query) {
  MarketFilter filter;
  filter.event_ticker_ = query.text("event_ticker");
  filter.series_ticker_ = query.text("series_ticker");
  filter.status_ = query.text("status");
  filter.mve_ = query.text("mve_filter");
  for (std::string& ticker : query.list("tickers")) filter.tickers_.insert(std::move(ticker));
  if (!status_matches(filter.status_, MarketStatus::kActive)) {
    return refused("status is none of unopened, open, paused, closed, settled");
  }
  if (!filter.mve_.empty() && filter.mve_ != "only" && filter.mve_ != "exclude") {
    return refused("mve_filter is neither only nor exclude");
  }
  if (auto read = filter.read_ranges(query); !read) return tl::unexpected(read.error());
  if (auto checked = filter.check_families(); !checked) return tl::unexpected(checked.error());
  return filter;
}

Expected<void> MarketFilter::read_ranges(const Query& query) {
  const std::pair<std::string, Range*> ranges[] = {
      {"created", &created_}, {"close", &close_}, {"settled", &settled_}, {"updated", &updated_}};
  bool bad = false;
  for (const auto& [name, range] : ranges) {
    range->min_s = query.number("min_" + name + "_ts", bad);
    range->max_s = query.number("max_" + name + "_ts", bad);
    if (bad) return refused("min_" + name + "_ts and max_" + name + "_ts are Unix seconds");
  }
  return {};
}

Expected<void> MarketFilter::check_families() const {
  const int families = created_.set() + close_.set() + settled_.set() + updated_.set();
  if (families > 1) return refused("time filters of different kinds exclude each other");
  if (created_.set() && !status_.empty() && status_ != "unopened" && status_ != "open") {
    return refused("created filters go with status unopened, open or none");
  }
  if (close_.set() && !status_.empty() && status_ != "closed") {
    return refused("close filters go with status closed or none");
  }
  if (settled_.set() && !status_.empty() && status_ != "settled") {
    return refused("settled filters go with status settled or none");
  }
  const bool updated_alone =
      mve_ == "exclude" && status_.empty() && event_ticker_.empty() && tickers_.empty();
  if (updated_.set() && !updated_alone) {
    return refused("updated filters go with mve_filter=exclude and series_ticker only");
  }
  return {};
}

std::optional<std::vector<MarketIndex>> MarketFilter::candidates(const World& world) const {
  std::vector<MarketIndex> found;
  if (!tickers_.empty()) {
    for (const std::string& ticker : tickers_) {
      if (const auto at = world.find_market(ticker)) found.push_back(*at);
    }
  } else if (!event_ticker_.empty()) {
    if (const auto at = world.find_event(event_ticker_)) found = world.event(*at).markets;
  } else if (!series_ticker_.empty()) {
    const auto at = world.find_series(series_ticker_);
    if (!at) return found;
    for (const EventIndex event : world.series(*at).events) {
      const auto& markets = world.event(event).markets;
      found.insert(found.end(), markets.begin(), markets.end());
    }
  } else if (updated_.min_s) {
    return world.updated_since(*updated_.min_s * 1000);
  } else {
    return std::nullopt;
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool MarketFilter::historical() const {
  const int names = !tickers_.empty() + !event_ticker_.empty() + !series_ticker_.empty();
  return names <= 1 && status_.empty() && mve_ != "only" && !created_.set() && !close_.set() &&
         !settled_.set() && !updated_.set();
}

bool MarketFilter::matches(const World& world, const Market& market, std::int64_t now_ms) const {
  const MarketTimes& times = market.times;
  const MarketStatus status = status_at(market, now_ms);
  if (!*status_matches(status_, status)) return false;
  if (!tickers_.empty() && !tickers_.contains(market.ticker)) return false;
  const Event& event = world.event(market.event);
  if (!event_ticker_.empty() && event.ticker != event_ticker_) return false;
  if (!series_ticker_.empty() && world.series(event.series).ticker != series_ticker_) return false;
  if (!mve_.empty() && event.combo != (mve_ == "only")) return false;
  const auto shown = [&](std::int64_t ms) {
    return ms == kNever ? kNever : ms - market.shown_offset_ms;
  };
  const std::int64_t updated = status >= MarketStatus::kDetermined
                                   ? std::max(times.determined, times.updated)
                                   : times.updated;
  const std::int64_t settled = status == MarketStatus::kFinalized ? times.settled : kNever;
  return created_.holds(shown(times.created)) && close_.holds(shown(times.close)) &&
         settled_.holds(shown(settled)) && updated_.holds(shown(updated));
}

}  // namespace kd::sim
