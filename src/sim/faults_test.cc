#include "sim/faults.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

FaultTarget frame(std::string_view client, std::string_view channel = "trade") {
  return {.client = client, .connection = 1, .channel = channel, .market = "KXA", .path = {}};
}

FaultyConnection connection(std::int64_t number, std::string_view client) {
  return {.number = number, .client = client, .connection = 1, .channels = {"trade"}};
}

class FaultsTest : public testing::Test {
 protected:
  void order(const char* text, std::int64_t now_ms = 1000) {
    auto spec = parse_fault(text);
    ASSERT_TRUE(spec) << spec.error().what;
    faults_.add(std::move(*spec), now_ms);
    faults_.advance(now_ms, 0);
  }
  int strikes(int chances) {
    int count = 0;
    for (int i = 0; i < chances; ++i) {
      count += faults_.strike(FaultReach::kFrame, frame("g-1")) != nullptr ? 1 : 0;
    }
    return count;
  }

  Faults faults_{7};
};

TEST_F(FaultsTest, StrikesTheShareItWasTold) {
  order("drop,p=0.1");
  EXPECT_NEAR(strikes(10'000), 1000, 150);
}

TEST_F(FaultsTest, EndsAfterItsCount) {
  order("drop,count=3");
  EXPECT_EQ(strikes(10), 3);
  EXPECT_FALSE(faults_.hold(FaultReach::kFrame));
}

TEST_F(FaultsTest, HoldsFromItsBeginningToItsEnd) {
  order("drop,after=1s,for=2s");
  EXPECT_EQ(strikes(1), 0);
  faults_.advance(1999, 0);
  EXPECT_EQ(strikes(1), 0);
  faults_.advance(2000, 0);
  EXPECT_EQ(strikes(1), 1);
  faults_.advance(4000, 0);
  EXPECT_EQ(strikes(1), 0);
}

TEST_F(FaultsTest, SparesWhatItsFiltersDoNotName) {
  order("drop,client=g-1,channel=trade,market=KXA,conn=1");
  EXPECT_EQ(faults_.strike(FaultReach::kFrame, frame("g-2")), nullptr);
  EXPECT_EQ(faults_.strike(FaultReach::kFrame, frame("g-1", "ticker")), nullptr);
  EXPECT_EQ(faults_.strike(FaultReach::kCommand, frame("g-1")), nullptr);
  EXPECT_NE(faults_.strike(FaultReach::kFrame, frame("g-1")), nullptr);
}

TEST_F(FaultsTest, AConnectionOnceStruckStaysStruckAndOthersAreSpared) {
  order("dark,count=1");
  EXPECT_TRUE(faults_.of(connection(1, "g-1")).dark);
  EXPECT_FALSE(faults_.of(connection(2, "g-1")).dark);
  EXPECT_TRUE(faults_.of(connection(1, "g-1")).dark);
  faults_.clear();
  EXPECT_FALSE(faults_.of(connection(1, "g-1")).dark);
}

TEST_F(FaultsTest, MaySpareConnectionsOpenedLater) {
  auto spec = parse_fault("silent,new=no");
  faults_.add(std::move(*spec), 1000);
  faults_.advance(1000, 5);
  EXPECT_TRUE(faults_.of(connection(5, "g-1")).silent);
  EXPECT_FALSE(faults_.of(connection(6, "g-1")).silent);
}

TEST_F(FaultsTest, BlowsComeOnceOrAgainAndAgain) {
  order("reset,count=1");
  order("close,every=1s");
  const std::vector<FaultyConnection> all = {connection(1, "g-1"), connection(2, "g-2")};
  const auto first = faults_.blows(1000, all);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].spec.kind, FaultKind::kReset);
  EXPECT_EQ(first[0].connection, 1);
  EXPECT_EQ(faults_.blows(1999, all).size(), 0U);
  EXPECT_EQ(faults_.blows(2000, all).size(), 2U);
}

TEST_F(FaultsTest, TellsOfFaultsOfTheWholeExchangeThatBeginAndEnd) {
  order("maintenance,for=1s");
  auto turns = faults_.turns();
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_TRUE(turns[0].begins);
  faults_.advance(2000, 0);
  turns = faults_.turns();
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_FALSE(turns[0].begins);
  order("vanish", 3000);
  faults_.clear();
  EXPECT_EQ(faults_.turns().size(), 2U);
}

TEST_F(FaultsTest, TheSameSeedStrikesTheSame) {
  Faults other(7);
  other.add(*parse_fault("drop,p=0.3"), 1000);
  other.advance(1000, 0);
  order("drop,p=0.3");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(faults_.strike(FaultReach::kFrame, frame("g")) != nullptr,
              other.strike(FaultReach::kFrame, frame("g")) != nullptr);
  }
}

}  // namespace
}  // namespace kd::sim
