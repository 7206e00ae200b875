#include "coverage/upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kd {
namespace {

constexpr std::string_view kBookChannel = "orderbook_delta";
constexpr std::size_t kBatch = 5'000;  // markets asked for at once
constexpr std::int64_t kMinute_us = 60'000'000;
constexpr std::int64_t kSettledEvery_us = 5 * kMinute_us;
// Metadata comes every five minutes, and a slow walk of all markets takes an hour.
constexpr std::int64_t kAskAgain_us = 6 * kMinute_us;
constexpr std::int64_t kAskAtLast_us = 70 * kMinute_us;
constexpr std::size_t kMostUnknown = 200'000;

std::set<std::string> channels_without_books(const EvidenceSet& evidence) {
  std::set<std::string> out;
  for (const auto& stream : evidence.streams()) out.insert(stream.channel);
  // Tickers are proven by nothing.
  for (const auto* other : {"", "orderbook_delta", "ticker", "other"}) out.erase(other);
  return out;
}

std::span<const StoredHole> holes_in(const StoredHoles& stored, const std::string& ticker) {
  const auto found = stored.find(ticker);
  if (found == stored.end()) return {};
  return found->second;
}

}  // namespace

Expected<std::optional<CoverageUpkeep::Figures>> CoverageUpkeep::round(std::int64_t horizon,
                                                                       std::int64_t now) {
  KD_DO(production_.exec("BEGIN ISOLATION LEVEL REPEATABLE READ"));
  auto figures = run(horizon, now);
  auto ended = figures ? production_.commit() : production_.rollback();
  if (figures && !ended) figures = tl::unexpected(ended.error());
  if (!figures) watch_.reset();
  return figures;
}

Expected<std::optional<CoverageUpkeep::Figures>> CoverageUpkeep::run(std::int64_t horizon,
                                                                     std::int64_t now) {
  EvidenceReader reader(production_);
  const auto known = watch_ ? std::optional(recording_start_) : std::nullopt;
  KD_TRY(const auto start, reader.recording_start(known));
  if (!start || *start >= horizon) return std::nullopt;
  recording_start_ = *start;
  KD_TRY(const auto state, load_coverage_state(production_));
  const auto before = state ? state->horizon : recording_start_;
  Figures figures;
  figures.horizon = std::max(horizon, before);
  figures.passed_us = figures.horizon - before;
  if (watch_ && watch_->wasteful()) watch_.reset();
  auto done = watch_
                  ? step(figures, before, now)
                  : survey(std::max(recording_start_, before - kLookBack_us), figures, before, now);
  if (!done) return tl::unexpected(done.error());
  done->growing = growing_;
  done->markets = static_cast<std::int64_t>(watch_->markets());
  KD_DO(store_coverage_state(
      production_, {.horizon = done->horizon, .read_xid = read_xid_, .markets = done->markets},
      now));
  return *done;
}

Expected<CoverageUpkeep::Figures> CoverageUpkeep::survey(std::int64_t from, Figures figures,
                                                         std::int64_t before, std::int64_t now) {
  watch_ = std::make_unique<CoverageWatch>();
  arrivals_ = std::make_unique<Arrivals>(production_);
  KD_TRY(read_xid_, arrivals_->next());
  EvidenceReader reader(production_);
  const auto since = from - kLookBack_us;
  KD_TRY(const auto evidence, reader.streams(since));
  KD_TRY(const auto stored, load_holes(production_, std::string(kBookChannel), from));
  HoleStore store(production_, evidence, now);
  growing_ = 0;
  std::vector<std::string> without_base;
  for (const auto& [ticker, holes] : stored) {
    without_base.push_back(ticker);
    for (const auto& hole : holes) growing_ += hole.to == kNever ? 1 : 0;
    watch_->on_holes(ticker, kEver, holes.back().to);
  }
  KD_DO(arrivals_->read_all(floor_of(evidence, since), since, *watch_));
  const auto take = [&](const std::string& ticker, const MarketEvidence& market,
                        const MarketTimes& times) -> Expected<void> {
    for (const auto& base : market.bases) {
      const auto& stream = evidence.streams()[base.stream];
      watch_->on_base(evidence.gatherers()[stream.gatherer].name, stream.stream_id, ticker,
                      base.at);
    }
    const auto holes = holes_in(stored, ticker);
    const auto own_from = holes.empty() ? from : std::min(from, holes.front().from);
    return judge(evidence, ticker, market, times, own_from, holes, before, store, figures);
  };
  std::vector<std::string> seen;
  KD_DO(reader.each_market(evidence, since, figures.horizon,
                           [&](const std::string& ticker, const MarketEvidence& market,
                               const MarketTimes& times) -> Expected<void> {
                             if (stored.contains(ticker)) seen.push_back(ticker);
                             return take(ticker, market, times);
                           }));
  std::erase_if(without_base, [&](const auto& t) { return std::ranges::binary_search(seen, t); });
  KD_DO(reader.each_market_of(evidence, since, figures.horizon, without_base, take));
  KD_DO(channels(evidence, from, figures.horizon, store));
  KD_DO(store.flush());
  watch_->begin(figures.horizon);
  figures.made = store.made();
  figures.healed = store.healed();
  return figures;
}

Expected<CoverageUpkeep::Figures> CoverageUpkeep::step(Figures figures, std::int64_t before,
                                                       std::int64_t now) {
  KD_DO(arrivals_->read(read_xid_, *watch_));
  KD_TRY(read_xid_, arrivals_->next());
  auto outcome = watch_->advance(figures.horizon);
  if (outcome.replay_from) {
    auto from = *outcome.replay_from;
    for (const auto& suspect : outcome.suspects) {
      from = std::min(from, suspect.from == kEver ? figures.horizon - kLookBack_us : suspect.from);
    }
    return survey(std::max(recording_start_, from), figures, before, now);
  }
  KD_DO(settled_meanwhile(now, outcome.suspects));
  KD_DO(known_meanwhile(now, outcome.suspects));
  figures.uncovered_us += growing_ * figures.passed_us;
  if (outcome.channels) {
    EvidenceReader reader(production_);
    const auto from = std::max(recording_start_, figures.horizon - kLookBack_us);
    KD_TRY(const auto evidence, reader.streams(from - kLookBack_us));
    HoleStore store(production_, evidence, now);
    KD_DO(channels(evidence, from, figures.horizon, store));
    KD_DO(store.flush());
    figures.made += store.made();
    figures.healed += store.healed();
  }
  KD_DO(look_at(std::move(outcome.suspects), figures.horizon, now, figures));
  return figures;
}

// `before` is the horizon up to which growing holes were counted already.
Expected<void> CoverageUpkeep::look_at(std::vector<CoverageWatch::Suspect> suspects,
                                       std::int64_t before, std::int64_t now, Figures& figures) {
  if (suspects.empty()) return {};
  const auto earliest = std::max(recording_start_, figures.horizon - kLookBack_us);
  std::map<std::string, std::int64_t, std::less<>> from;
  auto first = kNever;
  for (const auto& suspect : suspects) {
    const auto since = suspect.from == kEver ? earliest : std::max(suspect.from, recording_start_);
    auto& own = from.try_emplace(suspect.ticker, since).first->second;
    own = std::min(own, since);
    first = std::min(first, own);
  }
  EvidenceReader reader(production_);
  const auto since = first - kLookBack_us;
  KD_TRY(const auto evidence, reader.streams(since));
  HoleStore store(production_, evidence, now);
  std::vector<std::string> batch;
  const auto look = [&]() -> Expected<void> {
    KD_TRY(const auto stored, load_holes(production_, std::string(kBookChannel), first, batch));
    return reader.each_market_of(evidence, since, figures.horizon, batch,
                                 [&](const std::string& ticker, const MarketEvidence& market,
                                     const MarketTimes& times) -> Expected<void> {
                                   auto holes = holes_in(stored, ticker);
                                   auto own = from.find(ticker)->second;
                                   while (!holes.empty() && holes.front().to < own)
                                     holes = holes.subspan(1);
                                   if (!holes.empty()) own = std::min(own, holes.front().from);
                                   if (times.opened) {
                                     unknown_.erase(ticker);
                                   } else if (unknown_.size() < kMostUnknown) {
                                     unknown_.try_emplace(ticker, Unknown{now, now + kAskAgain_us});
                                   }
                                   return judge(evidence, ticker, market, times, own, holes, before,
                                                store, figures);
                                 });
  };
  for (const auto& [ticker, unused] : from) {
    batch.push_back(ticker);
    if (batch.size() < kBatch) continue;
    KD_DO(look());
    batch.clear();
  }
  KD_DO(look());
  KD_DO(store.flush());
  figures.made += store.made();
  figures.healed += store.healed();
  return {};
}

Expected<void> CoverageUpkeep::judge(const EvidenceSet& evidence, const std::string& ticker,
                                     const MarketEvidence& market, const MarketTimes& times,
                                     std::int64_t from, std::span<const StoredHole> stored,
                                     std::int64_t before, HoleStore& store, Figures& figures) {
  ++figures.looked_at;
  const auto known_since = stored.empty() ? std::nullopt : std::optional(stored.front().from);
  const auto window = window_of(
      evidence, market, times,
      {.asked = {from, figures.horizon}, .recording_start = recording_start_}, known_since);
  auto coverage = market_coverage(evidence, market, window);
  auto until = kEver;
  for (const auto& hole : coverage.holes) {
    until = hole.when.to >= figures.horizon ? kNever : hole.when.to;
  }
  auto changes = changes_of(stored, std::move(coverage.holes), evidence, before, figures.horizon);
  growing_ += changes.growing;
  figures.uncovered_us += changes.uncovered_us;
  watch_->on_holes(ticker, from, until);
  return store.add(ticker, std::string(kBookChannel), std::move(changes));
}

Expected<void> CoverageUpkeep::channels(const EvidenceSet& evidence, std::int64_t from,
                                        std::int64_t horizon, HoleStore& store) {
  for (const auto& channel : channels_without_books(evidence)) {
    KD_TRY(const auto stored, load_holes(production_, channel, from));
    const auto holes = holes_in(stored, "");
    const auto known = holes.empty() ? std::nullopt : std::optional(holes.front().from);
    const Interval asked{std::min(from, known.value_or(from)), horizon};
    auto coverage = channel_coverage(evidence, channel, asked, known);
    KD_DO(store.add("", channel,
                    changes_of(holes, std::move(coverage.holes), evidence, horizon, horizon)));
  }
  return {};
}

// A hole that grows ends where metadata came to know that its market was settled.
Expected<void> CoverageUpkeep::settled_meanwhile(std::int64_t now,
                                                 std::vector<CoverageWatch::Suspect>& suspects) {
  if (now < settled_due_) return {};
  settled_due_ = now + kSettledEvery_us;
  KD_TRY(const auto rows,
         production_.query("SELECT h.ticker, h.from_ts FROM coverage_holes h JOIN markets m USING "
                           "(ticker) WHERE h.healed_at IS NULL AND h.to_ts IS NULL AND "
                           "(m.settlement_ts IS NOT NULL OR m.phase = 'settled')"));
  for (const auto& row : rows) suspects.push_back({text_at(row, 0), int_at(row, 1).value_or(0)});
  return {};
}

// A market that metadata did not know when its first base came may have opened before it.
Expected<void> CoverageUpkeep::known_meanwhile(std::int64_t now,
                                               std::vector<CoverageWatch::Suspect>& suspects) {
  if (unknown_.empty() || now < unknown_due_) return {};
  unknown_due_ = now + kMinute_us;
  KD_TRY(const auto any, production_.query("SELECT FROM markets LIMIT 1"));
  for (auto it = unknown_.begin(); it != unknown_.end();) {
    auto& [ticker, its] = *it;
    if (any.empty() || now - its.first_seen > kAskAtLast_us) {
      it = unknown_.erase(it);
      continue;
    }
    if (its.due <= now) {
      suspects.push_back({ticker, kEver});
      its.due = now + 2 * (its.due - its.first_seen);
    }
    ++it;
  }
  return {};
}

}  // namespace kd
