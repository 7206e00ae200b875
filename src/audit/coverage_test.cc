#include "audit/coverage.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using Row = EvidenceCoverage::LedgerRow;

Row row(std::string event, std::optional<std::int64_t> from, std::optional<std::int64_t> to = {},
        std::vector<std::string> tickers = {}) {
  return {.stream = 1,
          .event = std::move(event),
          .channel = "orderbook_delta",
          .from = from,
          .to = to,
          .tickers = std::move(tickers)};
}

TEST(EvidenceCoverageTest, ReachesFromBehindASnapshotToTheLastWatermark) {
  EvidenceCoverage coverage;
  EXPECT_FALSE(coverage.covers("A", 5));
  coverage.snapshot(1, "A", 1'000);
  EXPECT_FALSE(coverage.covers("A", 2'000)) << "nothing proven";
  coverage.watermark(1, 9'000);
  EXPECT_FALSE(coverage.covers("A", 1'000)) << "that millisecond had begun before";
  EXPECT_TRUE(coverage.covers("A", 2'000));
  EXPECT_TRUE(coverage.covers("A", 9'000));
  EXPECT_FALSE(coverage.covers("A", 9'001));
  EXPECT_FALSE(coverage.covers("B", 2'000));
}

TEST(EvidenceCoverageTest, AGapLastsUntilTheMarketsNextSnapshot) {
  EvidenceCoverage coverage;
  coverage.snapshot(1, "A", 1'000);
  coverage.snapshot(1, "B", 1'000);
  coverage.watermark(1, 9'000);
  coverage.ledger(row("gap", 3'000, 4'000));
  coverage.snapshot(1, "A", 5'000);
  EXPECT_TRUE(coverage.covers("A", 3'000));
  EXPECT_FALSE(coverage.covers("A", 4'500));
  EXPECT_TRUE(coverage.covers("A", 5'001));
  EXPECT_FALSE(coverage.covers("B", 8'000));
}

TEST(EvidenceCoverageTest, AGapOfOneMarketIsNoOtherMarkets) {
  EvidenceCoverage coverage;
  coverage.snapshot(1, "A", 1'000);
  coverage.snapshot(1, "B", 1'000);
  coverage.watermark(1, 9'000);
  coverage.ledger(row("gap", 3'000, 4'000, {"A"}));
  EXPECT_FALSE(coverage.covers("A", 3'500));
  EXPECT_TRUE(coverage.covers("B", 3'500));
}

TEST(EvidenceCoverageTest, EndsWithTheStreamTheMarketsLeaveAndWithDroppedRows) {
  EvidenceCoverage coverage;
  coverage.snapshot(1, "A", 1'000);
  coverage.watermark(1, 9'000);
  coverage.ledger(row("drop", 2'000, 2'500));
  EXPECT_FALSE(coverage.covers("A", 2'200));
  EXPECT_TRUE(coverage.covers("A", 2'600));
  coverage.ledger(row("leave", 7'000, {}, {"A"}));
  EXPECT_FALSE(coverage.covers("A", 7'001));
  coverage.snapshot(1, "A", 7'500);
  EXPECT_FALSE(coverage.covers("A", 7'600)) << "not acknowledged: frames may end at any time";
  coverage.ledger(row("leave", 7'000, 7'400, {"A"}));
  EXPECT_TRUE(coverage.covers("A", 7'600)) << "joined again";
  coverage.ledger(row("close", 6'000));
  EXPECT_TRUE(coverage.covers("A", 6'000));
  EXPECT_FALSE(coverage.covers("A", 6'001));
}

}  // namespace
}  // namespace kd
