#include "metadata/metadata_sql.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(MetadataSqlTest, FiguresOfTradingAreNotVersioned) {
  const auto versioned = versioned_columns(MetadataKind::kMarkets);
  for (const auto* column : {"yes_bid", "volume", "open_interest", "updated_time", "last_price"}) {
    EXPECT_THAT(", " + versioned + ",", Not(HasSubstr(", " + std::string(column) + ",")));
    EXPECT_THAT(all_columns(MetadataKind::kMarkets), HasSubstr(column));
  }
  for (const auto* column : {"status", "phase", "result", "rules_primary", "extra"}) {
    EXPECT_THAT(versioned, HasSubstr(column));
  }
}

TEST(MetadataSqlTest, AParentThatIsNotKnownYetGetsAPlaceholder) {
  EXPECT_THAT(metadata_sql(MetadataKind::kSeries).add_parents, IsEmpty());
  EXPECT_THAT(metadata_sql(MetadataKind::kEvents).add_parents, HasSubstr("INSERT INTO series"));
  EXPECT_THAT(metadata_sql(MetadataKind::kMarkets).add_parents, HasSubstr("INSERT INTO events"));
}

TEST(MetadataSqlTest, ColumnsTakeTheirPrefix) {
  EXPECT_THAT(versioned_columns(MetadataKind::kSeries, "m."),
              testing::StartsWith("m.ticker, m.frequency, m.title"));
}

}  // namespace
}  // namespace kd
