#include "coverage/ask.h"

#include <algorithm>

#include "base/time.h"
#include "coverage/evidence_reader.h"
#include "coverage/hole_store.h"

namespace kd {
namespace {

constexpr std::int64_t kFresh_us = 60'000'000;
constexpr std::int64_t kProofMargin_us = 15'000'000;

enum class Until : std::uint8_t { kHorizon, kEnd };

Expected<CoverageStatement> ask(Connection& production, const std::string& ticker, Interval asked,
                                Until until) {
  EvidenceReader reader(production);
  KD_TRY(const auto start, reader.recording_start());
  KD_TRY(const auto horizon, coverage_horizon(production));
  CoverageStatement out;
  if (!start || !horizon) return out;
  out.horizon = *horizon;
  if (until == Until::kHorizon) asked.to = std::min(asked.to, horizon->until);
  const auto since = std::max(asked.from, *start) - kLookBack_us;
  KD_TRY(const auto streams, reader.streams(since));
  for (const auto& gatherer : streams.gatherers()) out.gatherers.push_back(gatherer.name);
  const std::vector<std::string> only{ticker};
  KD_TRY(const auto holes, load_holes(production, "orderbook_delta", asked.from, only));
  const auto known = holes.find(ticker);
  const auto known_since =
      known == holes.end() ? std::nullopt : std::optional(known->second.front().from);
  KD_DO(reader.each_market_of(streams, since, asked.to, only,
                              [&](const std::string&, const MarketEvidence& market,
                                  const MarketTimes& times) -> Expected<void> {
                                const auto window =
                                    window_of(streams, market, times, {asked, *start}, known_since);
                                out.market = market_coverage(streams, market, window);
                                return {};
                              }));
  return out;
}

Expected<CoverageStatement> ask_consistently(Connection& production, const std::string& ticker,
                                             Interval asked, Until until) {
  KD_DO(production.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto out = ask(production, ticker, asked, until);
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
  return ask_consistently(production, ticker, asked, Until::kHorizon);
}

Expected<CoverageStatement> proof_of(Connection& production, const std::string& ticker,
                                     Interval asked) {
  return ask_consistently(production, ticker, asked, Until::kEnd);
}

}  // namespace kd
