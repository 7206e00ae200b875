#include "metadata/list_reader.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

std::vector<MetadataList> two() {
  return {{MetadataKind::kEvents, "/events", "/events?limit=200"},
          {MetadataKind::kMarkets, "/markets", "/markets?limit=1000"}};
}

TEST(ListReaderTest, FollowsTheCursorOfEachListToItsEnd) {
  ListReader reader(two());
  EXPECT_EQ(reader.path(), "/events?limit=200");
  reader.on_page("a+=", false);
  EXPECT_EQ(reader.path(), "/events?limit=200&cursor=a%2B%3D");
  reader.on_page("", false);
  EXPECT_EQ(reader.path(), "/markets?limit=1000") << "without the cursor of another list";
  EXPECT_EQ(reader.list().kind, MetadataKind::kMarkets);
  reader.on_page("", true);
  EXPECT_TRUE(reader.over());
  EXPECT_EQ(reader.pages(), 3U);
}

TEST(ListReaderTest, AnEmptyPageThatRepeatsItsCursorIsTheLast) {
  ListReader reader(two());
  reader.on_page("a", false);
  reader.on_page("a", true);
  EXPECT_EQ(reader.list().kind, MetadataKind::kMarkets);
}

TEST(ListReaderTest, ParentsAreReadBeforeTheirChildren) {
  for (const auto& lists : {full_lists({}), increment_lists({}, 1'000)}) {
    EXPECT_EQ(lists.front().kind, MetadataKind::kSeries);
    EXPECT_EQ(lists.back().kind, MetadataKind::kMarkets);
    EXPECT_TRUE(std::ranges::is_sorted(lists, {}, &MetadataList::kind));
  }
}

TEST(ListReaderTest, AsksForTheLargestPagesThereAre) {
  EXPECT_EQ(full_lists({})[1].path, "/events?limit=200");
  EXPECT_EQ(full_lists({})[2].path, "/events/multivariate?limit=200");
  EXPECT_EQ(full_lists({})[3].path, "/markets?limit=1000");
  EXPECT_EQ(increment_lists({}, 1'000)[2].path,
            "/markets?limit=1000&mve_filter=exclude&min_updated_ts=1000");
}

}  // namespace
}  // namespace kd
