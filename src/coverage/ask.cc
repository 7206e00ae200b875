#include "coverage/ask.h"

#include <algorithm>
#include <functional>

#include "base/time.h"
#include "coverage/evidence_reader.h"
#include "coverage/hole_store.h"

namespace kd {
namespace {

constexpr std::int64_t kFresh_us = 60'000'000;
constexpr std::int64_t kProofMargin_us = 15'000'000;

using Judge =
    std::function<MarketCoverage(const EvidenceSet&, const MarketEvidence&, const MarketTimes&)>;

// Has one market judged by the evidence that can tell of `asked`.
Expected<void> look(EvidenceReader& reader, const std::string& ticker, Interval asked,
                    const Judge& judge, CoverageStatement& out) {
  const auto since = asked.from - kLookBack_us;
  KD_TRY(const auto streams, reader.streams(since));
  for (const auto& gatherer : streams.gatherers()) out.gatherers.push_back(gatherer.name);
  const std::vector<std::string> only{ticker};
  return reader.each_market_of(streams, since, asked.to, only,
                               [&](const std::string&, const MarketEvidence& market,
                                   const MarketTimes& times) -> Expected<void> {
                                 out.market = judge(streams, market, times);
                                 return {};
                               });
}

Expected<CoverageStatement> up_to_horizon(Connection& production, const std::string& ticker,
                                          Interval asked) {
  EvidenceReader reader(production);
  KD_TRY(const auto start, reader.recording_start());
  KD_TRY(const auto horizon, coverage_horizon(production));
  CoverageStatement out;
  if (!start || !horizon) return out;
  out.horizon = *horizon;
  asked.to = std::min(asked.to, horizon->until);
  const std::vector<std::string> only{ticker};
  KD_TRY(const auto holes, load_holes(production, "orderbook_delta", asked.from, only));
  const auto known = holes.find(ticker);
  const auto known_since =
      known == holes.end() ? std::nullopt : std::optional(known->second.front().from);
  const auto judge = [&](const EvidenceSet& streams, const MarketEvidence& market,
                         const MarketTimes& times) {
    const auto window = window_of(streams, market, times, {asked, *start}, known_since);
    return market_coverage(streams, market, window);
  };
  KD_DO(look(reader, ticker, {std::max(asked.from, *start), asked.to}, judge, out));
  return out;
}

// What a line proves is proven, whatever metadata says of the market's life.
Expected<CoverageStatement> proven(Connection& production, const std::string& ticker,
                                   Interval asked) {
  EvidenceReader reader(production);
  KD_TRY(const auto horizon, coverage_horizon(production));
  CoverageStatement out;
  out.horizon = horizon.value_or(CoverageHorizon{});
  const auto judge = [&](const EvidenceSet& streams, const MarketEvidence& market,
                         const MarketTimes&) { return market_coverage(streams, market, asked); };
  KD_DO(look(reader, ticker, asked, judge, out));
  return out;
}

Expected<CoverageStatement> consistently(Connection& production,
                                         const std::function<Expected<CoverageStatement>()>& ask) {
  KD_DO(production.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto out = ask();
  KD_DO(production.rollback());
  return out;
}

}  // namespace

Expected<std::optional<CoverageHorizon>> coverage_horizon(Connection& production) {
  KD_TRY(const auto kept, production.query("SELECT horizon, updated_at FROM coverage_state"));
  if (!kept.empty() && to_us(wall_now()) - int_at(kept[0], 1).value_or(0) < kFresh_us) {
    return CoverageHorizon{int_at(kept[0], 0).value_or(0), true};
  }
  KD_TRY(const auto proof, production.query("SELECT max(proven_until) FROM stream_proofs"));
  const auto newest = int_at(proof.at(0), 0);
  if (!newest) return std::nullopt;
  auto until = *newest - kProofMargin_us;
  if (!kept.empty()) until = std::max(until, int_at(kept[0], 0).value_or(0));
  return CoverageHorizon{until, false};
}

Expected<CoverageStatement> coverage_of(Connection& production, const std::string& ticker,
                                        Interval asked) {
  return consistently(production, [&] { return up_to_horizon(production, ticker, asked); });
}

Expected<CoverageStatement> proof_of(Connection& production, const std::string& ticker,
                                     Interval asked) {
  return consistently(production, [&] { return proven(production, ticker, asked); });
}

}  // namespace kd
