#include "backfill/volume_line.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace kd {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using TradeAt = VolumeLine::TradeAt;
using VolumeAt = VolumeLine::VolumeAt;

constexpr std::int64_t kSlack = 10;

std::vector<VolumeLine::Difference> check(const std::vector<TradeAt>& trades,
                                          const std::vector<VolumeAt>& tickers) {
  VolumeLine line;
  return line.check(0, 10'000, kSlack, trades, tickers);
}

TEST(VolumeLineTest, AgreesWhateverVolumeWasBefore) {
  EXPECT_THAT(check({{100, 5, false}, {200, 7, false}}, {{50, 900}, {150, 905}, {250, 912}}),
              IsEmpty());
  EXPECT_THAT(check({}, {{50, 900}}), IsEmpty());
}

TEST(VolumeLineTest, ATickerMayBeEarlyOrLateByTheSlack) {
  EXPECT_THAT(check({{100, 5, false}}, {{50, 0}, {91, 5}, {100, 0}, {109, 0}, {150, 5}}),
              IsEmpty());
  EXPECT_THAT(check({{100, 5, false}}, {{50, 0}, {89, 5}}), SizeIs(1));
  EXPECT_THAT(check({{100, 5, false}}, {{50, 0}, {111, 0}}), SizeIs(1));
}

TEST(VolumeLineTest, NamesAMissingTradeOnce) {
  const auto found = check({{100, 5, false}, {300, 2, false}},
                           {{50, 0}, {150, 5}, {250, 12}, {350, 14}, {450, 14}});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].after, 150);
  EXPECT_EQ(found[0].at, 250);
  EXPECT_EQ(found[0].expected, 7);
  EXPECT_EQ(found[0].found, 0);
}

TEST(VolumeLineTest, NamesATradeTooMany) {
  const auto found = check({{100, 5, false}, {200, 9, false}}, {{50, 0}, {150, 5}, {250, 5}});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].expected, 0);
  EXPECT_EQ(found[0].found, 9);
}

TEST(VolumeLineTest, ABlockTradeMayCountOrNotAndOnlyOnce) {
  EXPECT_THAT(check({{100, 50, true}}, {{50, 0}, {150, 50}, {250, 50}}), IsEmpty());
  EXPECT_THAT(check({{100, 50, true}}, {{50, 0}, {150, 0}, {250, 0}}), IsEmpty());
  EXPECT_THAT(check({{100, 50, true}}, {{50, 0}, {150, 50}, {250, 0}}), SizeIs(1));
  EXPECT_THAT(check({{100, 50, true}}, {{50, 0}, {150, 0}, {250, 50}}), SizeIs(1));
}

TEST(VolumeLineTest, GoesOnFromStretchToStretch) {
  VolumeLine line;
  EXPECT_THAT(line.check(0, 100, kSlack, std::vector<TradeAt>{{98, 5, false}, {104, 6, true}},
                         std::vector<VolumeAt>{{20, 0}, {99, 5}}),
              IsEmpty());
  EXPECT_THAT(line.check(100, 200, kSlack,
                         std::vector<TradeAt>{{98, 5, false}, {104, 6, true}, {150, 1, false}},
                         std::vector<VolumeAt>{{102, 5}, {140, 11}, {180, 12}}),
              IsEmpty());
  const auto found = line.check(200, 300, kSlack, {}, std::vector<VolumeAt>{{250, 15}});
  ASSERT_THAT(found, SizeIs(1)) << "the missing trade lies between two stretches";
  EXPECT_EQ(found[0].expected - found[0].found, 3);
}

// Dense trades hide nothing as long as there is a quiet moment on either side.
TEST(VolumeLineTest, FindsEveryMissingTradeOfARandomMarketAndNothingElse) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<TradeAt> trades;
    std::vector<VolumeAt> tickers{{1, 0}};
    std::int64_t volume = 0;
    for (std::int64_t at = 100; at < 9'000; at += static_cast<std::int64_t>(random() % 40)) {
      trades.push_back({at, static_cast<std::int64_t>(1 + random() % 500), random() % 20 == 0});
      volume += trades.back().size;
      const auto jitter = static_cast<std::int64_t>(random() % 19) - 9;
      tickers.push_back({at + jitter, volume});
    }
    tickers.push_back({9'500, volume});
    std::sort(tickers.begin(), tickers.end(), [](const auto& a, const auto& b) {
      return std::pair(a.at, a.volume) < std::pair(b.at, b.volume);
    });
    EXPECT_THAT(check(trades, tickers), IsEmpty()) << seed;
    const auto lost = random() % trades.size();
    if (trades[lost].is_block) continue;
    trades.erase(trades.begin() + static_cast<std::ptrdiff_t>(lost));
    EXPECT_FALSE(check(trades, tickers).empty()) << seed;
  }
}

}  // namespace
}  // namespace kd
