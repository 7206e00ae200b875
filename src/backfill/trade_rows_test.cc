#include "backfill/trade_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace kd {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::chrono::sys_seconds kFrom{std::chrono::seconds(1'788'220'800)};
constexpr TradeWindow kWindow{.from = kFrom, .to = kFrom + std::chrono::seconds(60)};
constexpr Micros kReceived = kFrom + std::chrono::hours(1);

RestTrade trade(int id, milliseconds after_from, const std::string& ticker = "KXA-1") {
  RestTrade out;
  out.trade_id = *Uuid::parse(fmt::format("00000000-0000-0000-0000-{:012}", id));
  out.ticker = ticker;
  out.time.at = kFrom + after_from;
  return out;
}

TradesPage page(std::vector<RestTrade> trades) {
  return {.trades = std::move(trades), .unreadable = {}, .cursor = ""};
}

TEST(TradeRowsTest, HoldEachTradeOfTheWindowOnce) {
  TradeRows rows(kWindow, {});
  rows.add(page({trade(1, milliseconds(0)), trade(2, milliseconds(59'999)),
                 trade(3, milliseconds(-1)), trade(4, milliseconds(60'000))}),
           kReceived);
  rows.add(page({trade(2, milliseconds(59'999))}), kReceived);
  EXPECT_EQ(rows.rows(), 2) << "the next window has what belongs to it";
  EXPECT_EQ(rows.oldest(), Micros(kFrom));
  EXPECT_EQ(rows.newest(), kFrom + milliseconds(59'999));
  rows.clear();
  rows.add(page({trade(1, milliseconds(0))}), kReceived);
  EXPECT_EQ(rows.rows(), 0) << "it was on an earlier page";
  EXPECT_EQ(rows.total_rows(), 2);
}

TEST(TradeRowsTest, LeaveOutWhatIsNotWanted) {
  TradeRows rows(kWindow, *UniverseRules::parse({"series:KXB"}, {}, {}));
  rows.add(page({trade(1, milliseconds(1)), trade(2, milliseconds(1), "KXB-1")}), kReceived);
  EXPECT_EQ(rows.rows(), 1);
}

TEST(TradeRowsTest, RefuseWhatCannotBeReadOrWasNotAskedFor) {
  TradeRows rows(kWindow, {});
  auto bad = page({trade(1, std::chrono::hours(5))});
  bad.unreadable.push_back({"count_fp: missing", "{}"});
  rows.add(bad, kReceived);
  EXPECT_EQ(rows.rows(), 0);
  ASSERT_THAT(rows.refused(), SizeIs(2));
  EXPECT_EQ(rows.refused()[0].text, "{}");
  EXPECT_THAT(rows.refused()[1].reason, HasSubstr("created_time"));
  rows.clear();
  EXPECT_EQ(rows.total_refused(), 2);
}

}  // namespace
}  // namespace kd
