#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "audit/coverage.h"
#include "coverage/market_coverage.h"

namespace kd {
namespace {

constexpr std::int64_t kGatherers = 3;
constexpr std::int64_t kStreams = 4;  // of each
constexpr std::int64_t kEnd = 200;
const std::vector<std::string> kTickers{"A", "B", "C"};

// Evidence without any sense in it, told to both implementations of the rule.
class RandomEvidence {
 public:
  explicit RandomEvidence(std::uint32_t seed) : random_(seed) {
    for (std::int64_t g = 0; g < kGatherers; ++g) set_.gatherer(name(g));
    const auto rows = pick(5, 60);
    for (std::int64_t i = 0; i < rows; ++i) row();
  }

  bool audit_covers(std::int64_t gatherer, const std::string& ticker, std::int64_t at) const {
    return audit_[static_cast<std::size_t>(gatherer)].covers(ticker, at);
  }
  MarketCoverage coverage(const std::string& ticker) const {
    const auto known = markets_.find(ticker);
    return market_coverage(set_, known == markets_.end() ? MarketEvidence{} : known->second,
                           {0, kEnd});
  }

 private:
  static std::string name(std::int64_t gatherer) { return "g" + std::to_string(gatherer); }
  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution(from, to)(random_);
  }
  std::optional<std::int64_t> maybe_time() {
    return pick(0, 9) == 0 ? std::nullopt : std::optional(pick(0, kEnd));
  }
  std::vector<std::string> some_tickers(bool none_allowed) {
    std::vector<std::string> out;
    for (const auto& ticker : kTickers) {
      if (pick(0, 1) == 0) out.push_back(ticker);
    }
    if (out.empty() && !none_allowed) out.push_back(kTickers[0]);
    return out;
  }

  void row() {
    const auto gatherer = pick(0, kGatherers - 1);
    const auto stream = pick(1, kStreams);
    switch (pick(0, 9)) {
      case 0:
        return ledger(gatherer, stream, "close", maybe_time(), {}, {});
      case 1:
      case 2: {
        const auto from = maybe_time();
        return ledger(gatherer, stream, "gap", from, maybe_time(), some_tickers(true));
      }
      case 3:
        return leave(gatherer, stream);
      case 4: {
        const auto from = maybe_time();
        const auto to = from && pick(0, 5) > 0 ? std::optional(*from + pick(0, 20)) : std::nullopt;
        return ledger(gatherer, 0, "drop", from, to, {});
      }
      case 5:
      case 6: {
        const auto until = pick(0, kEnd);
        set_.prove(name(gatherer), stream, until);
        return audit_[static_cast<std::size_t>(gatherer)].watermark(stream, until);
      }
      default: {
        const auto at = pick(0, kEnd);
        const auto& ticker = kTickers[static_cast<std::size_t>(pick(0, 2))];
        const auto index = set_.stream(set_.gatherer(name(gatherer)), stream);
        markets_[ticker].bases.push_back({index, at});
        return audit_[static_cast<std::size_t>(gatherer)].snapshot(stream, ticker, at);
      }
    }
  }

  void leave(std::int64_t gatherer, std::int64_t stream) {
    const auto tickers = some_tickers(false);
    const auto from = pick(0, kEnd);
    ledger(gatherer, stream, "leave", from, {}, tickers);
    if (pick(0, 2) > 0) ledger(gatherer, stream, "leave", from, from + pick(0, 30), tickers);
  }

  void ledger(std::int64_t gatherer, std::int64_t stream, const std::string& event,
              std::optional<std::int64_t> from, std::optional<std::int64_t> to,
              const std::vector<std::string>& tickers) {
    audit_[static_cast<std::size_t>(gatherer)].ledger({.stream = stream,
                                                       .event = event,
                                                       .channel = "orderbook_delta",
                                                       .from = from,
                                                       .to = to,
                                                       .tickers = tickers});
    const EvidenceRow row{.gatherer = name(gatherer),
                          .stream_id = stream,
                          .connection = 1,
                          .channel = "orderbook_delta",
                          .event = event,
                          .at = 0,
                          .from = from,
                          .to = to,
                          .reason = {},
                          .tickers = tickers};
    set_.apply(row);
    const auto loss = loss_of(row);
    const auto index = set_.gatherer(name(gatherer));
    for (const auto& ticker : loss ? tickers : std::vector<std::string>{}) {
      markets_[ticker].losses.push_back(
          {.gatherer = index, .stream = set_.stream(index, stream), .loss = *loss});
    }
  }

  std::mt19937 random_;
  EvidenceSet set_;
  std::map<std::string, MarketEvidence> markets_;
  std::array<EvidenceCoverage, kGatherers> audit_;
};

std::uint32_t lines_at(const MarketCoverage& coverage, std::int64_t at) {
  for (const auto& segment : coverage.timeline) {
    if (segment.when.contains(at)) return segment.lines;
  }
  ADD_FAILURE() << "no segment at " << at;
  return 0;
}

// Every instant of every market is watched by the lines that the audit's rule names, has exactly
// one cause for each line that does not, and lies in a hole when there is none.
TEST(CoverageRuleTest, EqualsTheAuditsRuleAtEveryInstant) {
  int covered = 0;
  for (std::uint32_t seed = 1; seed <= 2'000; ++seed) {
    const RandomEvidence evidence(seed);
    for (const auto& ticker : kTickers) {
      const auto coverage = evidence.coverage(ticker);
      for (std::int64_t at = 1; at <= kEnd; ++at) {
        std::uint32_t lines = 0;
        for (std::int64_t g = 0; g < kGatherers; ++g) {
          const bool covers = evidence.audit_covers(g, ticker, at);
          lines |= covers ? 1U << g : 0;
          const auto causes = std::ranges::count_if(coverage.losses, [&](const LineLoss& loss) {
            return loss.gatherer == g && loss.when.contains(at);
          });
          ASSERT_EQ(causes, covers ? 0 : 1) << "seed " << seed << ' ' << ticker << ' ' << at;
        }
        ASSERT_EQ(lines_at(coverage, at), lines) << "seed " << seed << ' ' << ticker << ' ' << at;
        const bool in_hole = std::ranges::any_of(
            coverage.holes, [&](const Hole& hole) { return hole.when.contains(at); });
        ASSERT_EQ(in_hole, lines == 0) << "seed " << seed << ' ' << ticker << ' ' << at;
        covered += lines != 0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(covered, 50'000) << "evidence that covers nothing tests nothing";
}

}  // namespace
}  // namespace kd
