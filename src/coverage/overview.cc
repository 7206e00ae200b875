#include "coverage/overview.h"

#include <algorithm>
#include <set>

#include "coverage/evidence_reader.h"
#include "coverage/hole_store.h"

namespace kd {
namespace {

constexpr const char* kBookChannel = "orderbook_delta";
constexpr std::int64_t kProgressEvery = 20'000;  // markets

// Keeps the longest.
class Longest {
 public:
  explicit Longest(std::size_t most) : most_(most) {}

  void add(NamedHole hole) {
    holes_.push_back(std::move(hole));
    if (most_ == 0) return;
    std::ranges::push_heap(holes_, longer);
    if (holes_.size() <= most_) return;
    std::ranges::pop_heap(holes_, longer);
    holes_.pop_back();
  }
  std::vector<NamedHole> take() {
    std::ranges::sort(holes_, {},
                      [](const NamedHole& h) { return std::tie(h.hole.when.from, h.ticker); });
    return std::move(holes_);
  }

 private:
  static bool longer(const NamedHole& a, const NamedHole& b) {
    return a.hole.when.length() > b.hole.when.length();
  }
  const std::size_t most_;
  std::vector<NamedHole> holes_;
};

class Overview {
 public:
  Overview(Connection& production, const OverviewRequest& request)
      : production_(production),
        reader_(production),
        request_(request),
        longest_(request.most_holes) {}

  Expected<std::optional<CoverageOverview>> make() {
    KD_TRY(const auto start, reader_.recording_start());
    KD_TRY(const auto horizon, coverage_horizon(production_));
    if (!start || !horizon) return std::nullopt;
    recording_start_ = *start;
    out_.horizon = *horizon;
    out_.asked = common(request_.asked, {*start, horizon->until});
    const auto since = out_.asked.from - kLookBack_us;
    KD_TRY(evidence_, reader_.streams(since));
    for (const auto& gatherer : evidence_.gatherers()) out_.gatherers.push_back(gatherer.name);
    out_.books = CoverageTally(out_.gatherers.size());
    KD_DO(books(since));
    channels();
    out_.holes = longest_.take();
    return std::move(out_);
  }

 private:
  Expected<void> books(std::int64_t since) {
    KD_TRY(known_, load_holes(production_, kBookChannel, out_.asked.from));
    KD_DO(
        reader_.each_market(evidence_, since, out_.asked.to,
                            [&](const std::string& ticker, const MarketEvidence& market,
                                const MarketTimes& times) { return book(ticker, market, times); }));
    // Markets whose lines were all gone before, as long as nothing heals them.
    std::vector<std::string> rest;
    for (const auto& [ticker, unused] : known_) rest.push_back(ticker);
    return reader_.each_market_of(
        evidence_, since, out_.asked.to, rest,
        [&](const std::string& ticker, const MarketEvidence& market, const MarketTimes& times) {
          return book(ticker, market, times);
        });
  }

  Expected<void> book(const std::string& ticker, const MarketEvidence& market,
                      const MarketTimes& times) {
    const auto known = known_.find(ticker);
    auto known_since = std::optional<std::int64_t>();
    if (known != known_.end()) {
      known_since = known->second.front().from;
      known_.erase(known);
    }
    const auto window =
        window_of(evidence_, market, times,
                  {.asked = out_.asked, .recording_start = recording_start_}, known_since);
    auto coverage = market_coverage(evidence_, market, window);
    out_.books.add(coverage);
    for (auto& hole : coverage.holes) longest_.add({ticker, kBookChannel, std::move(hole)});
    if (++looked_at_ % kProgressEvery == 0 && request_.on_markets) request_.on_markets(looked_at_);
    return {};
  }

  void channels() {
    std::set<std::string> names;
    for (const auto& stream : evidence_.streams()) {
      names.insert(stream.channel);
      if (stream.channel == "ticker" && !stream.closed) ++out_.ticker_streams;
    }
    for (const auto* other : {"", kBookChannel, "ticker", "other"}) names.erase(other);
    for (const auto& name : names) {
      auto coverage = channel_coverage(evidence_, name, out_.asked);
      out_.channels.push_back({name, CoverageTally(out_.gatherers.size())});
      out_.channels.back().tally.add(coverage);
      for (auto& hole : coverage.holes) longest_.add({"", name, std::move(hole)});
    }
  }

  Connection& production_;
  EvidenceReader reader_;
  const OverviewRequest& request_;
  Longest longest_;
  CoverageOverview out_;
  EvidenceSet evidence_;
  StoredHoles known_;
  std::int64_t recording_start_ = 0;
  std::int64_t looked_at_ = 0;
};

}  // namespace

Expected<std::optional<CoverageOverview>> coverage_overview(Connection& production,
                                                            const OverviewRequest& request) {
  KD_DO(production.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto out = Overview(production, request).make();
  KD_DO(production.rollback());
  return out;
}

}  // namespace kd
