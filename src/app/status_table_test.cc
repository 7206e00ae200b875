#include "app/status_table.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;

UpFigures example() {
  UpFigures figures;
  figures.at = std::chrono::seconds(12);
  figures.state = "playing";
  figures.emitted = 61'234;
  figures.emitted_per_second = 5'001.6;
  GathererFigures gatherer;
  gatherer.id = "gatherer-1";
  gatherer.rows_per_second = 4'000;
  gatherer.lag_seconds = 0.042;
  gatherer.rows = {{"orderbook_deltas", 51'234}};
  gatherer.captured = 0.9987;
  figures.gatherers = {gatherer};
  figures.rows = {{"orderbook_deltas", 50'000}, {"trades", 7}};
  figures.duplicates = 100'000;
  figures.lag_seconds = 1.25;
  return figures;
}

TEST(StatusTableTest, ShowsEveryFigure) {
  const auto table = render_table(example());
  EXPECT_THAT(table, HasSubstr("12 s   exchange-sim playing: 61,234 messages emitted, 5,002/s"));
  EXPECT_THAT(table, HasSubstr("gatherer-1         4,000     42 ms      51,234           0"));
  EXPECT_THAT(table, HasSubstr("99.9 %"));
  EXPECT_THAT(table, HasSubstr("production             0     1.2 s      50,000           7"));
  EXPECT_THAT(table, HasSubstr("duplicates dropped: 100,000"));
}

TEST(StatusTableTest, ALineHasNoLineBreak) {
  const auto line = render_line(example());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("production 50,007 rows"));
}

TEST(StatusTableTest, GroupsDigits) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'000), "1,000");
  EXPECT_EQ(with_commas(-1'234'567), "-1,234,567");
}

}  // namespace
}  // namespace kd
