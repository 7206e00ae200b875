#include "router/anchors.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

Micros ms(std::int64_t value) { return micros_from_ms(value); }

class AnchorsTest : public testing::Test {
 protected:
  AnchorsTest() {
    tickers_.find_or_add("A");
    tickers_.find_or_add("B");
  }
  void snapshot(std::uint32_t market, std::int64_t at_ms) {
    anchors_.add(market, {.ticker = "", .yes = {}, .no = {}}, ms(at_ms), 0, {});
  }
  void delta(std::uint32_t market, std::int64_t at_ms) {
    anchors_.on_delta(market,
                      {.ticker = "",
                       .side = Side::kYes,
                       .price = *Price::from_raw(43'000),
                       .change = Size(100),
                       .time = {.at = ms(at_ms), .finer = {}}},
                      out_);
  }
  StringIndex tickers_;
  Anchors anchors_{tickers_};
  RowBatch out_;
};

TEST_F(AnchorsTest, AMarketsOwnFirstChangePastTheAnchorCompletesIt) {
  snapshot(0, 10'000);
  delta(0, 9'990);
  delta(0, 11'000);
  EXPECT_EQ(out_.rows(), 0U);
  delta(0, 11'001);
  EXPECT_EQ(out_.rows(), 1U);
  EXPECT_FALSE(anchors_.waits(0));
}

TEST_F(AnchorsTest, AQuietMarketIsCompleteAfterTheGrace) {
  snapshot(0, 10'000);
  snapshot(1, 10'500);
  anchors_.expire(ms(21'000), out_);
  EXPECT_EQ(out_.rows(), 0U);
  anchors_.expire(ms(21'001), out_);
  EXPECT_EQ(out_.rows(), 1U);
  EXPECT_TRUE(anchors_.waits(1));
}

TEST_F(AnchorsTest, ASnapshotOnAQuietSidDoesNotWaitForEver) {
  anchors_.add(0, {.ticker = "", .yes = {}, .no = {}}, ms(10'000), 0,
               {.stream_id = 1, .seq = 1, .received = ms(50'000), .sending = {}});
  anchors_.expire_unheard(ms(70'000), ms(10'000), out_);
  EXPECT_EQ(out_.rows(), 0U);
  anchors_.expire_unheard(ms(70'001), ms(10'000), out_);
  EXPECT_EQ(out_.rows(), 1U);
  EXPECT_FALSE(anchors_.waits(0));
}

TEST_F(AnchorsTest, TheEndOfTheStreamWritesWhatIsLeft) {
  snapshot(0, 10'000);
  snapshot(0, 10'000);
  snapshot(1, 10'500);
  anchors_.finish(ms(11'200), out_);
  EXPECT_EQ(out_.rows(), 3U);
  EXPECT_FALSE(anchors_.waits(0));
  anchors_.expire(ms(99'000), out_);
  EXPECT_EQ(out_.rows(), 3U);
}

}  // namespace
}  // namespace kd
