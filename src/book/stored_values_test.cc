#include "book/stored_values.h"

#include <gtest/gtest.h>

#include "book/explain.h"
#include "book/level_text.h"
#include "codec/copy_reader.h"
#include "codec/copy_row.h"

namespace kd {
namespace {

std::vector<char> row_of(const std::vector<std::int64_t>& values) {
  std::vector<char> bytes;
  CopyRowWriter row(bytes);
  row.begin_row(1);
  row.int8_array(values);
  return bytes;
}

template <typename Read>
auto column_of(const std::vector<std::int64_t>& values, Read read) {
  const auto bytes = row_of(values);
  CopyReader reader(bytes, 1);
  CopyRow row;
  EXPECT_TRUE(reader.next(row));
  return read(row.bytes(0));
}

TEST(StoredValuesTest, ArraysComeBackAsTheyWereWritten) {
  for (const auto& values : {std::vector<std::int64_t>{}, {1}, {5, -7, INT64_MIN, INT64_MAX}}) {
    EXPECT_EQ(column_of(values, int8_array_of), values);
  }
}

TEST(StoredValuesTest, LevelsAndChangesRefuseWhatIsNone) {
  EXPECT_EQ(column_of({52'000, 100}, levels_of)->front().size, Size(100));
  EXPECT_FALSE(column_of({52'000}, levels_of)) << "a price without a size";
  EXPECT_FALSE(column_of({100'001, 5}, levels_of)) << "no price";
  EXPECT_EQ(column_of({9'000, 1, 52'000, -3}, changes_of)->front().by, Size(-3));
  EXPECT_FALSE(column_of({9'000, 2, 52'000, -3}, changes_of)) << "no side";
  EXPECT_FALSE(column_of({9'000, 1, 52'000}, changes_of)) << "not four numbers";
  EXPECT_FALSE(int8_array_of("abc"));
}

TEST(StoredValuesTest, TextsAreQuoted) { EXPECT_EQ(sql_text("a'b\\"), "'a''b\\'"); }

TEST(LevelTextTest, ShowsEveryDigitAndNoMore) {
  EXPECT_EQ(price_text(*Price::from_raw(52'000)), "0.5200");
  EXPECT_EQ(price_text(*Price::from_raw(52'005)), "0.52005");
  EXPECT_EQ(price_text(*Price::from_raw(100'000)), "1.0000");
  EXPECT_EQ(size_text(Size(13'600)), "136.00");
  EXPECT_EQ(size_text(Size(-1)), "-0.01");
}

TEST(ExplainTest, NamesLevelDifferenceAndLines) {
  const ExplainedDifference difference{
      {Side::kYes, *Price::from_raw(52'000), Size(9'000), Size(10'000)}, 3, "g1, g2", 7, 9};
  EXPECT_EQ(text_of(difference),
            "yes 0.5200: 100.00 rebuilt, 90.00 over REST (+10.00; 3 changes by g1, g2)");
  EXPECT_EQ(json_of({difference}),
            R"([{"side": "yes", "price": 52000, "rest": 9000, "rebuilt": 10000, )"
            R"("difference": 1000, "changes": 3, "lines": "g1, g2", "first_change": 7, )"
            R"("last_change": 9}])");
  EXPECT_EQ(json_of({}), "[]");
}

}  // namespace
}  // namespace kd
