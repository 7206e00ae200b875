#include "sim/mangle.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kDelta =
    R"(,"sending_ts_ms":5,"msg":{"market_ticker":"A","price_dollars":"0.4300","delta_fp":"1.00",)"
    R"("side":"yes","ts":"2026-11-22T14:00:01.23Z","ts_ms":1795356001230}})";

TEST(MangleTest, AnUnknownKeyLeavesAllOthers) {
  EXPECT_THAT(with_unknown_key(kDelta),
              AllOf(HasSubstr(R"("msg":{"new_key":)"), HasSubstr(R"("market_ticker":"A")")));
}

TEST(MangleTest, SpoilsWhatItIsTold) {
  EXPECT_EQ(malformed(kDelta, "json"), kDelta.substr(0, kDelta.size() / 2));
  EXPECT_THAT(malformed(kDelta, "ticker"), Not(HasSubstr("\"market_ticker\"")));
  EXPECT_THAT(malformed(kDelta, "price"), HasSubstr(R"("price_dollars":"0.0000010.4300")"));
  EXPECT_THAT(malformed(kDelta, "side"), HasSubstr(R"("side":"both-yes")"));
  EXPECT_THAT(malformed(R"(,"msg":{"market_ticker":"A"}})", "price"), HasSubstr("market_tick\""));
}

TEST(MangleTest, FinerStampsAreTheSameForEverybodyAndKeepTheMillisecond) {
  const std::string finer = with_micros(kDelta);
  EXPECT_THAT(finer, HasSubstr(R"("ts":"2026-11-22T14:00:01.230)"));
  EXPECT_EQ(finer.size(), kDelta.size() + 4);
  EXPECT_EQ(finer, with_micros(kDelta));
  EXPECT_EQ(cut_to_millis(finer), std::string(with_micros(finer)).erase(finer.find(".230") + 4, 3));
  EXPECT_THAT(cut_to_millis(finer), HasSubstr(R"("ts":"2026-11-22T14:00:01.230Z")"));
}

TEST(MangleTest, StampsThatAreNumbersStay) {
  constexpr std::string_view kTrade = R"(,"msg":{"ts":1795356007,"ts_ms":1795356007103}})";
  EXPECT_EQ(with_micros(kTrade), kTrade);
  EXPECT_EQ(cut_to_millis(kTrade), kTrade);
}

}  // namespace
}  // namespace kd::sim
