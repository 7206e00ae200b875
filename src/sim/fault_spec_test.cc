#include "sim/fault_spec.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

using testing::HasSubstr;

TEST(FaultSpecTest, ReadsKindBoundsFiltersAndTheKindsOwnNumber) {
  const auto drop = parse_fault(
      "drop,p=0.001,count=7,client=gatherer-1,conn=3,channel=orderbook_delta,market=KXA");
  ASSERT_TRUE(drop) << drop.error().what;
  EXPECT_EQ(drop->kind, FaultKind::kDrop);
  EXPECT_DOUBLE_EQ(drop->probability, 0.001);
  EXPECT_EQ(drop->count, 7);
  EXPECT_EQ(drop->client, "gatherer-1");
  EXPECT_EQ(drop->connection, 3);
  EXPECT_EQ(drop->channel, "orderbook_delta");
  EXPECT_EQ(drop->market, "KXA");
  const auto close = parse_fault("close,code=1013,after=2s,for=1m,every=500ms,new=no");
  ASSERT_TRUE(close) << close.error().what;
  EXPECT_EQ(close->amount, 1013);
  EXPECT_EQ(close->after_ms, 2000);
  EXPECT_EQ(close->for_ms, 60'000);
  EXPECT_EQ(close->every_ms, 500);
  EXPECT_TRUE(close->open_only);
}

TEST(FaultSpecTest, KindsHaveDefaults) {
  EXPECT_EQ(parse_fault("slow-accept")->amount, 5000);
  EXPECT_EQ(parse_fault("malformed")->how, "json");
  EXPECT_EQ(parse_fault("rest,how=html,status=502")->amount, 502);
  EXPECT_EQ(parse_fault("dark")->probability, 1);
}

TEST(FaultSpecTest, EveryKindIsFoundByItsName) {
  for (const FaultKindFacts& facts : fault_kinds()) {
    const auto spec = parse_fault(facts.name);
    ASSERT_TRUE(spec) << facts.name;
    EXPECT_EQ(spec->kind, facts.kind);
    EXPECT_EQ(facts_of(facts.kind).name, facts.name);
  }
}

TEST(FaultSpecTest, TellsWhatIsWrong) {
  const auto error = [](const char* text) {
    const auto spec = parse_fault(text);
    return spec ? std::string("accepted") : spec.error().what;
  };
  EXPECT_THAT(error("drip"), HasSubstr("drop, freeze, hole"));
  EXPECT_THAT(error("drop,p=0"), HasSubstr("p: a number above 0"));
  EXPECT_THAT(error("drop,p=nan"), HasSubstr("p: a number above 0"));
  EXPECT_THAT(error("drop,p"), HasSubstr("'p' has no '='"));
  EXPECT_THAT(error("drop,code=5"), HasSubstr("code: no such key for drop"));
  EXPECT_THAT(error("drop,every=5s"), HasSubstr("every: no such key"));
  EXPECT_THAT(error("close,code=99"), HasSubstr("code: 1000 to 4999"));
  EXPECT_THAT(error("rest,how=xml"), HasSubstr("how: one of json|html|status|empty"));
  EXPECT_THAT(error("dark,for=soon"), HasSubstr("for: a duration"));
  EXPECT_THAT(error("dark,conn=0"), HasSubstr("conn: "));
  EXPECT_THAT(error("dark,client="), HasSubstr("client: not empty"));
}

}  // namespace
}  // namespace kd::sim
