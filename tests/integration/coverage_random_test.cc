#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>

#include "audit/coverage.h"
#include "integration/coverage_world.h"

namespace kd {
namespace {

constexpr int kGatherers = 3;
const std::vector<std::string> kTickers{"A", "B", "C", "D"};

// The lives of three gatherers, in seconds, and what each commits when. The audit's rule is told
// everything; production is told it gatherer by gatherer, as far as each is merged.
class RandomLives {
 public:
  RandomLives(std::uint32_t seed, double length) : random_(seed), length_(length) {
    for (int g = 1; g <= kGatherers; ++g) live(g);
    for (auto& events : events_) std::ranges::stable_sort(events, {}, &Event::commit);
  }

  // Brings gatherer `g` to production up to what it had committed by then.
  void merge(CoverageWorld& world, int g, double until) {
    auto& events = events_[index(g)];
    auto& next = next_[index(g)];
    const auto all = until >= length_;  // also what is found later
    for (; next < events.size() && (all || events[next].commit <= until); ++next) {
      events[next].store(world);
    }
    for (const auto& stream : streams_[index(g)]) {
      if (stream.opened > until) continue;
      const auto proven = half(std::min(until - 1, stream.proven_at_most));
      if (proven > stream.opened) world.prove(g, stream.id, proven);
    }
  }
  // What the audit says once everything up to `until` is merged.
  bool covered(const std::string& ticker, double at, double until) {
    for (int g = 1; g <= kGatherers; ++g) {
      for (const auto& stream : streams_[index(g)]) {
        const auto proven = half(std::min(until - 1, stream.proven_at_most));
        if (proven > stream.opened) audit_[index(g)].watermark(stream.id, us(proven));
      }
      if (audit_[index(g)].covers(ticker, us(at))) return true;
    }
    return false;
  }
  double first_base(const std::string& ticker) const { return first_base_.at(ticker); }
  double pick(double from, double to) {
    return half(std::uniform_real_distribution(from, to)(random_));
  }
  bool chance(double share) { return std::bernoulli_distribution(share)(random_); }

 private:
  struct Event {
    double commit;
    std::function<void(CoverageWorld&)> store;
  };
  struct Stream {
    std::int64_t id;
    double opened;
    double proven_at_most;
  };
  static std::size_t index(int gatherer) { return static_cast<std::size_t>(gatherer - 1); }
  static double half(double seconds) { return std::floor(seconds * 2) / 2; }
  static std::int64_t us(double at) { return CoverageWorld::at(at); }

  void live(int g) {
    double now = pick(0, 20);
    tell(g, 0, {.event = "start", .from = {}, .to = {}, .at = now});
    while (now < length_) {
      now = stream(g, now) + pick(1, length_ / 40);
      if (!chance(0.3)) continue;
      tell(g, 0, {.event = "start", .from = {}, .to = {}, .at = now});
    }
  }

  // One stream from its opening on; when it ended.
  double stream(int g, double opened) {
    const auto id = us(opened);
    const auto end = std::min(length_, opened + pick(length_ / 20, length_ / 2));
    tell(g, id, {.event = "open", .from = {}, .to = {}, .at = opened});
    for (const auto& ticker : kTickers) base(g, id, ticker, opened + pick(0.5, 5));
    double now = opened + 6;
    while ((now += pick(length_ / 100, length_ / 10)) < end - 1) trouble(g, id, now);
    const bool said = chance(0.7) && end < length_;
    if (said) {
      tell(g, id,
           {.event = "close", .from = end - pick(0, 2), .to = {}, .reason = "cut", .at = end});
    }
    streams_[index(g)].push_back({id, opened, end >= length_ ? 1e9 : end - pick(0, 3)});
    return end;
  }

  void trouble(int g, std::int64_t id, double now) {
    const auto lost = now - pick(0, 3);
    const auto& one = kTickers[static_cast<std::size_t>(pick(0, 3.9))];
    const auto back = now + pick(0.5, length_ / 20);
    if (chance(0.4)) {
      tell(g, id, {.event = "gap", .from = lost, .to = now, .reason = "seq", .at = now});
      for (const auto& ticker : kTickers) base(g, id, ticker, back + pick(0, 3));
    } else if (chance(0.4)) {
      tell(g, id, {.event = "gap", .from = lost, .to = now, .tickers = {one}, .at = now});
      if (chance(0.8)) base(g, id, one, back);
    } else if (chance(0.5) && back + 20 < length_) {
      const auto acked = now + pick(0.5, 2);
      tell(g, id, {.event = "leave", .from = lost, .to = {}, .tickers = {one}, .at = now});
      base(g, id, one, now + 0.5);
      tell(g, id, {.event = "leave", .from = lost, .to = acked, .tickers = {one}, .at = acked});
      base(g, id, one, std::max(back, acked) + 0.5);
    } else if (chance(0.5)) {
      frozen(g, one, lost, back);
    } else if (chance(0.5)) {
      tell(g, 0, {.event = "drop", .from = lost, .to = back, .at = back});
    } else {
      base(g, id, one, now);
    }
  }

  void tell(int g, std::int64_t id, const CoverageWorld::Told& told) {
    events_[index(g)].push_back({told.at, [=](CoverageWorld& world) { world.tell(g, id, told); }});
    const auto time = [](std::optional<double> at) {
      return at ? std::optional(us(*at)) : std::nullopt;
    };
    audit_[index(g)].ledger({.stream = id,
                             .event = told.event,
                             .channel = told.channel,
                             .from = time(told.from),
                             .to = time(told.to),
                             .tickers = told.tickers});
  }

  // Its row is stored once its anchor is complete.
  void base(int g, std::int64_t id, const std::string& ticker, double at) {
    if (at >= length_) return;
    events_[index(g)].push_back(
        {at + pick(0, 12), [=](CoverageWorld& world) { world.base(g, id, ticker, at); }});
    audit_[index(g)].snapshot(id, ticker, us(at));
    const auto known = first_base_.try_emplace(ticker, at).first;
    known->second = std::min(known->second, at);
  }

  // Found in production, so it comes with no gatherer's rows; here with those of its own line.
  void frozen(int g, const std::string& ticker, double from, double to) {
    events_[index(g)].push_back(
        {to + 30, [=](CoverageWorld& world) { world.frozen(g, ticker, from, to); }});
    frozen_.push_back({g, ticker, from, to});
  }

 public:
  struct Frozen {
    int gatherer;
    std::string ticker;
    double from;
    double to;
  };
  // To the audit a frozen line is a gap of each of its streams.
  void finish() {
    for (const auto& line : frozen_) {
      for (const auto& stream : streams_[index(line.gatherer)]) {
        audit_[index(line.gatherer)].ledger({.stream = stream.id,
                                             .event = "gap",
                                             .channel = "orderbook_delta",
                                             .from = us(line.from),
                                             .to = us(line.to),
                                             .tickers = {line.ticker}});
      }
    }
  }

 private:
  std::mt19937 random_;
  const double length_;
  std::array<std::vector<Event>, kGatherers> events_;
  std::array<std::size_t, kGatherers> next_{};
  std::array<std::vector<Stream>, kGatherers> streams_;
  std::array<EvidenceCoverage, kGatherers> audit_;
  std::map<std::string, double> first_base_;
  std::vector<Frozen> frozen_;
};

struct Run {
  std::uint32_t seed;
  double length;  // seconds
};

void PrintTo(const Run& run, std::ostream* out) {
  *out << "seed " << run.seed << ", " << run.length << " s";
}

class CoverageRandomTest : public testing::TestWithParam<Run> {
 protected:
  static CoverageWorld& world() {
    static CoverageWorld one(shared_cluster());
    return one;
  }
  void TearDown() override { world().clear(); }

  // Gatherers are away now and then; the horizon follows those that are not.
  void record(RandomLives& lives, double length) {
    std::array<double, kGatherers> away_until{};
    double now = 30;
    for (; now < length; now += lives.pick(length / 60, length / 15)) {
      for (int g = 1; g <= kGatherers; ++g) {
        auto& away = away_until[static_cast<std::size_t>(g - 1)];
        if (lives.chance(0.1)) away = now + lives.pick(0, length / 2);
        if (away <= now) lives.merge(world(), g, now);
      }
      if (lives.chance(0.1)) world().restart_keeper();
      world().round(now - 15);
    }
    for (int g = 1; g <= kGatherers; ++g) lives.merge(world(), g, length);
    world().round(length - 15);
    world().round(length - 14);
  }

  bool in_hole(const std::string& ticker, const SqlRows& holes, double at) {
    const auto when = CoverageWorld::at(at);
    return std::ranges::any_of(holes, [&](const SqlRow& hole) {
      return hole[0] == ticker && *int_at(hole, 1) < when &&
             when <= int_at(hole, 2).value_or(kNever);
    });
  }
};

// However evidence arrives, what is stored in the end is what the audit's rule leaves uncovered,
// and what a keeper finds that sees all of it at once.
TEST_P(CoverageRandomTest, StoresExactlyWhatNoLineCovered) {
  const auto [seed, length] = GetParam();
  RandomLives lives(seed, length);
  lives.finish();
  record(lives, length);
  const auto stored = world().bounds();
  world().forget_holes();
  world().round(length - 14);
  EXPECT_EQ(stored, world().bounds()) << "as it came, and all at once";
  const auto holes = world().connection().query(
      "SELECT ticker, from_ts, to_ts FROM coverage_holes WHERE healed_at IS NULL");
  ASSERT_TRUE(holes);
  const double step = length > 1000 ? 7.5 : 0.5;
  for (const auto& ticker : kTickers) {
    for (double at = lives.first_base(ticker) + step; at <= length - 14; at += step) {
      const bool covered = lives.covered(ticker, at, length);
      ASSERT_EQ(in_hole(ticker, *holes, at), !covered) << ticker << " at " << at << "; " << stored;
    }
  }
}

std::vector<Run> runs() {
  std::vector<Run> out;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    out.push_back({seed, 600});
    out.push_back({seed + 1'000, 72'000});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Seeds, CoverageRandomTest, testing::ValuesIn(runs()));

}  // namespace
}  // namespace kd
