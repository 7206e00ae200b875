#include "model/market.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(MarketTest, MapsEveryStatusOfTheExchangeToOneOfFourPhases) {
  EXPECT_EQ(phase_from_status("initialized"), MarketPhase::kUnopened);
  EXPECT_EQ(phase_from_status("active"), MarketPhase::kOpen);
  EXPECT_EQ(phase_from_status("inactive"), MarketPhase::kOpen);
  for (const auto status : {"closed", "determined", "disputed", "amended"}) {
    EXPECT_EQ(phase_from_status(status), MarketPhase::kClosed) << status;
  }
  EXPECT_EQ(phase_from_status("finalized"), MarketPhase::kSettled);
  EXPECT_EQ(phase_from_status("something_new"), std::nullopt);
  EXPECT_EQ(phase_from_status(""), std::nullopt);
}

}  // namespace
}  // namespace kd
