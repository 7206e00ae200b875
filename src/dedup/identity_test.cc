#include "dedup/identity.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

namespace kd {
namespace {

Identity of(std::string_view text, std::uint64_t seed = 1) {
  IdentityMixer mixer(seed);
  mixer.add(text);
  return mixer.finish();
}

TEST(IdentityTest, IsTheSameForTheSameBytes) {
  EXPECT_EQ(of("KXGOLD15M-1"), of("KXGOLD15M-1"));
  EXPECT_NE(of("KXGOLD15M-1"), of("KXGOLD15M-1", 2));
}

TEST(IdentityTest, DiffersForNeighbouringKeysInBothHalves) {
  std::set<std::uint64_t> high;
  std::set<std::uint64_t> low;
  constexpr std::size_t kKeys = 200'000;
  for (std::size_t i = 0; i < kKeys; ++i) {
    std::string key("\0\0\0\x8________TICKER-ABC", 22);
    key.replace(4, 8, std::string_view(reinterpret_cast<const char*>(&i), 8));
    high.insert(of(key).high);
    low.insert(of(key).low);
  }
  EXPECT_EQ(high.size(), kKeys);
  EXPECT_EQ(low.size(), kKeys);
}

TEST(IdentityTest, TellsTrailingZerosAndLengthsApart) {
  std::set<std::uint64_t> seen;
  for (std::size_t length = 0; length < 64; ++length)
    seen.insert(of(std::string(length, '\0')).high);
  EXPECT_EQ(seen.size(), 64U);
}

TEST(IdentityTest, OneBitChangesAboutHalfOfTheOthers) {
  const std::string base(24, 'x');
  int changed = 0;
  for (std::size_t bit = 0; bit < base.size() * 8; ++bit) {
    auto other = base;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    const auto a = of(base);
    const auto b = of(other);
    changed += std::popcount(a.high ^ b.high) + std::popcount(a.low ^ b.low);
  }
  const double share = changed / (24.0 * 8 * 128);
  EXPECT_NEAR(share, 0.5, 0.03);
}

}  // namespace
}  // namespace kd
