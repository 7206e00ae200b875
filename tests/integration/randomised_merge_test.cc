// Three lines record the same truth with every kind of trouble, the deduplicator is killed while it
// merges: production holds what any line stored, once, and what it lacks lies in the holes.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>

#include "coverage/ask.h"
#include "integration/dedup_world.h"
#include "integration/merge_line.h"

namespace kd {
namespace {

constexpr std::int64_t kFirstMs = kTestHour / 1000;
constexpr std::int64_t kLengthMs = 6'000;
constexpr std::size_t kLines = 3;

std::uint64_t number_of(const char* variable, std::uint64_t standard) {
  const char* text = std::getenv(variable);
  return text == nullptr ? standard : std::strtoull(text, nullptr, 10);
}

class RandomisedMergeTest : public testing::Test {
 protected:
  struct Line {
    std::unique_ptr<MergeLine> recorder;
    std::int64_t opens_ms = 0;  // when it is down: not before
    std::int64_t heals_ms = 0;  // when it has a gap
    std::int64_t commits_ms = 0;
  };

  using Counts = std::map<ChangeKey, std::int64_t>;
  using Stretches = std::vector<std::vector<MergeLine::Stretch>>;  // by market
  struct Played {
    std::uint64_t seed = 0;
    MergeTruth truth;
    Counts merged;
    std::vector<Stretches> lines;
  };

  RandomisedMergeTest() : world_(shared_cluster(), 0) {
    for (std::size_t i = 0; i < kLines; ++i) {
      lines_.push_back({std::make_unique<MergeLine>(shared_cluster(), fmt::format("line{}", i))});
    }
  }

  Deduplicator::Options options() const {
    auto out = world_.options();
    for (const auto& line : lines_) {
      out.gatherers.push_back(
          {line.recorder->id(),
           shared_cluster().options(line.recorder->database(), "dedup_reader")});
    }
    for (auto& table : out.polling) table.batch_rows = 50;
    return out;
  }

  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance(int in_a_thousand) { return pick(1, 1000) <= in_a_thousand; }

  // A deduplicator that is killed at some step of some round, or later by us.
  pid_t start_doomed_deduplicator() {
    static constexpr const char* kSteps[] = {"merged", "partitions", "begun",  "direct",
                                             "staged", "cursors",    "proofs", "committed"};
    const std::string step = kSteps[pick(0, std::size(kSteps) - 1)];
    auto left = pick(1, 6);
    const pid_t child = ::fork();
    if (child != 0) return child;
    auto doomed = options();
    doomed.at_step = [&](std::string_view at) {
      if (at == step && --left == 0) ::kill(::getpid(), SIGKILL);
    };
    world_.start(doomed);
    for (;;) ::pause();
  }

  Played play(std::uint64_t seed, int most_trouble) {
    random_.seed(seed);
    truth_ = make_truth(random_, fmt::format("KXRUN{}-", seed), next_ms_, kLengthMs);
    next_ms_ += kLengthMs + 2'000;
    trouble_ = static_cast<int>(pick(0, most_trouble));
    for (auto& line : lines_) {
      line.recorder->begin(truth_);
      line.opens_ms = truth_.from_ms + (chance(300) ? pick(0, kLengthMs / 2) : 0);
      line.commits_ms = 0;
    }
    const auto child = start_doomed_deduplicator();
    for (std::size_t i = 0; i < truth_.changes.size(); ++i) {
      for (auto& line : lines_) live(line, truth_.changes[i].sending_ms);
      for (auto& line : lines_) receive(line, i);
    }
    for (auto& line : lines_) line.recorder->commit(truth_.until_ms + 100);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    world_.start(options());
    world_.await_merged();
    world_.stop();
    Played run{.seed = seed, .truth = truth_, .merged = merged(), .lines = {}};
    for (const auto& line : lines_) run.lines.push_back(line.recorder->covered());
    return run;
  }

  void live(Line& line, std::int64_t now) {
    auto& recorder = *line.recorder;
    if (!recorder.is_open() && now >= line.opens_ms) recorder.open(now);
    if (!recorder.is_open()) return;
    if (recorder.has_gap() && now >= line.heals_ms) recorder.send_snapshots(now);
    if (chance(trouble_)) {
      recorder.close(now, "cut");
      line.opens_ms = now + pick(50, 1'500);
    } else if (chance(trouble_ / 2)) {
      chance(500) ? recorder.kill()
                  : recorder.kill_amid_commit(now, static_cast<std::uint32_t>(pick(0, 255)));
      line.opens_ms = now + pick(100, 2'000);
    } else if (now >= line.commits_ms) {
      recorder.commit(now);
      line.commits_ms = now + pick(20, 400);
    }
  }

  void receive(Line& line, std::size_t index) {
    const auto& change = truth_.changes[index];
    line.recorder->exchange_changed(change);
    const bool lost = chance(trouble_);
    if (lost && !line.recorder->has_gap()) line.heals_ms = change.sending_ms + pick(5, 200);
    line.recorder->send(index, change,
                        lost         ? MergeLine::Fate::kIsLost
                        : chance(10) ? MergeLine::Fate::kComesTwice
                                     : MergeLine::Fate::kArrives);
  }

  Counts merged() {
    Counts out;
    for (std::size_t i = 0; i < truth_.tickers.size(); ++i) {
      const auto rows = production_->query(
          "SELECT exchange_ts / 1000, side::int, price, size_delta, count(*) FROM "
          "orderbook_deltas WHERE ticker = $1 GROUP BY 1, 2, 3, 4",
          {truth_.tickers[i]});
      for (const auto& row : *rows) {
        out[{*int_at(row, 0), i, *int_at(row, 1) == 1, static_cast<std::int32_t>(*int_at(row, 2)),
             *int_at(row, 3)}] = *int_at(row, 4);
      }
    }
    return out;
  }

  // The largest multiplicity that one subscription stored.
  Counts expected() const {
    Counts out;
    for (const auto& line : lines_) {
      for (const auto& stream : line.recorder->stored()) {
        Counts seen;
        for (const auto index : stream) ++seen[key_of(truth_.changes[index])];
        for (const auto& [key, count] : seen) out[key] = std::max(out[key], count);
      }
    }
    return out;
  }

  // Exchange time in which no line received and kept everything, whatever anybody can prove.
  static IntervalSet unwatched(const Played& run, std::size_t market, Interval window) {
    IntervalSet watched;
    for (const auto& line : run.lines) {
      for (const auto& stretch : line[market]) {
        watched.add({stretch.from_ms * 1000, stretch.until_ms * 1000});
      }
    }
    return watched.missing_in(window);
  }
  // How often lines began or ended to watch a market, near that time.
  static std::int64_t turns(const Played& run, std::size_t market, Interval near) {
    constexpr std::int64_t kNearUs = 2'000'000;
    std::int64_t count = 0;
    for (const auto& line : run.lines) {
      for (const auto& stretch : line[market]) {
        for (const auto at : {stretch.from_ms * 1000, stretch.until_ms * 1000}) {
          if (near.from - kNearUs <= at && at <= near.to + kNearUs) ++count;
        }
      }
    }
    return std::max<std::int64_t>(count, 1);
  }

  // What is missing lies in holes, or where nothing is claimed; holes are not much wider than what
  // was missed.
  void expect_honest_holes(const Played& run, std::size_t market) {
    constexpr std::int64_t kMostBeyondUs = 2'000'000;
    const Interval asked{run.truth.from_ms * 1000, run.truth.until_ms * 1000};
    const auto said = coverage_of(*production_, run.truth.tickers[market], asked);
    ASSERT_TRUE(said) << said.error().what;
    IntervalSet holes;
    for (const auto& hole : said->market.holes) holes.add(hole.when);
    const auto window = said->market.window;
    for (const auto& [key, count] : counts_of(run.truth)) {
      if (std::get<1>(key) != market) continue;
      const auto at = std::get<0>(key) * 1000;
      const auto merged = run.merged.find(key);
      const bool whole = merged != run.merged.end() && merged->second == count;
      ASSERT_TRUE(whole || !window.contains(at) || holes.contains(at))
          << "missing at " << at << " and called covered";
    }
    const auto missed = unwatched(run, market, window);
    for (const auto& hole : holes.pieces()) {
      const auto beyond = hole.length() - missed.within(hole).total();
      ASSERT_LE(beyond, kMostBeyondUs * turns(run, market, hole));
      beyond_us_ += beyond;
      turns_ += turns(run, market, hole);
    }
    holes_us_ += holes.within(window).total();
    window_us_ += window.length();
  }

  static Counts counts_of(const MergeTruth& truth) {
    Counts out;
    for (const auto& change : truth.changes) ++out[key_of(change)];
    return out;
  }

  std::int64_t beyond_us_ = 0;
  std::int64_t turns_ = 0;
  std::int64_t holes_us_ = 0;
  std::int64_t window_us_ = 0;
  DedupWorld world_;
  std::vector<Line> lines_;
  std::unique_ptr<Connection> production_ = shared_cluster().connect(world_.production_database());
  std::mt19937_64 random_;
  MergeTruth truth_;
  int trouble_ = 0;  // of a thousand
  std::int64_t next_ms_ = kFirstMs;
};

TEST_F(RandomisedMergeTest, ProductionIsTheUnionAndItsHolesAreWhatNoLineCovered) {
  const auto first = number_of("KD_MERGE_SEED", 1);
  const auto runs = number_of("KD_MERGE_RUNS", 100);
  std::vector<Played> played;
  std::int64_t changes = 0;
  std::int64_t missing = 0;
  for (auto seed = first; seed < first + runs; ++seed) {
    played.push_back(play(seed, 5));
    if (HasFatalFailure()) FAIL() << "KD_MERGE_SEED=" << seed;
    const auto& got = played.back().merged;
    ASSERT_EQ(got, expected()) << "KD_MERGE_SEED=" << seed;
    for (const auto& [key, count] : counts_of(truth_)) {
      const auto merged = got.find(key);
      const auto stored = merged == got.end() ? 0 : merged->second;
      ASSERT_LE(stored, count) << "KD_MERGE_SEED=" << seed;
      changes += count;
      missing += count - stored;
    }
  }
  // Time goes on, so that something can be said about all of the above.
  next_ms_ += 60'000;
  play(0, 0);
  for (const auto& run : played) {
    for (std::size_t market = 0; market < run.truth.tickers.size(); ++market) {
      expect_honest_holes(run, market);
      if (HasFatalFailure()) FAIL() << "KD_MERGE_SEED=" << run.seed;
    }
  }
  fmt::print(
      "{} runs: {} changes, {} of them stored by no line; {:.1f} of {:.1f} s are holes, {:.0f} ms "
      "beyond the truth for each of {} turns\n",
      runs, changes, missing, static_cast<double>(holes_us_) / 1e6,
      static_cast<double>(window_us_) / 1e6,
      static_cast<double>(beyond_us_) / 1e3 /
          static_cast<double>(std::max<std::int64_t>(turns_, 1)),
      turns_);
}

}  // namespace
}  // namespace kd
