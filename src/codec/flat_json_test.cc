#include "codec/flat_json.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(FlatJsonTest, GivesEveryScalarByItsPath) {
  const auto flat = flatten_json(
      R"({"state":"playing","clients":[{"id":"g-1","ready":true}],"emitted":{"deltas":12},"x":null})");
  ASSERT_TRUE(flat) << flat.error().what;
  EXPECT_THAT(*flat, ElementsAre(Pair("clients[0].id", "g-1"), Pair("clients[0].ready", "true"),
                                 Pair("emitted.deltas", "12"), Pair("state", "playing")));
}

TEST(FlatJsonTest, RefusesWhatIsNotJson) { EXPECT_FALSE(flatten_json("{\"a\":")); }

}  // namespace
}  // namespace kd
