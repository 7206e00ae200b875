#include "base/crc32.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(Crc32Test, IsThatOfZlibAndEthernet) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

}  // namespace
}  // namespace kd
