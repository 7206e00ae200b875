#include "model/uuid.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(UuidTest, KeepsTheBytesInTheOrderOfTheText) {
  const auto uuid = Uuid::parse("7e5b9c1a-52d3-4b0e-9D77-c3a1f8e20641");
  ASSERT_TRUE(uuid) << uuid.error().what;
  EXPECT_EQ(uuid->view(),
            std::string_view("\x7e\x5b\x9c\x1a\x52\xd3\x4b\x0e\x9d\x77\xc3\xa1\xf8\xe2\x06\x41"));
}

TEST(UuidTest, RefusesEverythingElse) {
  for (const auto text :
       {"", "7e5b9c1a", "7e5b9c1a-52d3-4b0e-9d77-c3a1f8e2064",
        "7e5b9c1a-52d3-4b0e-9d77-c3a1f8e206411", "7e5b9c1a_52d3-4b0e-9d77-c3a1f8e20641",
        "7e5b9c1g-52d3-4b0e-9d77-c3a1f8e20641"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

}  // namespace
}  // namespace kd
