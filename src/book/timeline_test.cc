#include "book/timeline.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace kd {
namespace {

Price price(std::int64_t raw) { return *Price::from_raw(raw); }

KnownBook known(std::int64_t since, std::int64_t at, std::int64_t size, std::string line = "g1") {
  const std::vector<Level> yes{{price(50'000), Size(size)}};
  return {std::move(line), since, at, FoldedBook(yes, {})};
}

BookChange change(std::int64_t ts, std::int64_t by) {
  return {ts, Side::kYes, price(50'000), Size(by)};
}

std::int64_t size_at(const Timeline& timeline, std::int64_t at) {
  const auto state = timeline.at(at);
  if (!state) return -1;
  const auto best = state->book.best_bid(Side::kYes);
  return best ? best->size.hundredths() : 0;
}

TEST(TimelineTest, GoesForwardFromTheAnchorAndBackwardBeforeIt) {
  // The snapshot of time 1000 was followed by +5 (900, delivered late) and +7 (1400): 112 at 2000.
  const Timeline timeline({known(1'000, 2'000, 112)},
                          {change(900, 5), change(1'400, 7), change(2'500, -12)});
  EXPECT_EQ(size_at(timeline, 999), -1) << "before the snapshot nothing is known";
  EXPECT_EQ(size_at(timeline, 1'000), 105) << "less what came in (1000, 2000]";
  EXPECT_EQ(size_at(timeline, 1'399), 105);
  EXPECT_EQ(size_at(timeline, 1'400), 112);
  EXPECT_EQ(size_at(timeline, 2'499), 112);
  EXPECT_EQ(size_at(timeline, 2'500), 100);
  EXPECT_EQ(timeline.at(1'000)->changes, 1);
}

TEST(TimelineTest, TheNewestBaseCountsFromItsSnapshotOn) {
  const Timeline timeline({known(5'000, 6'000, 1, "g2"), known(1'000, 2'000, 100, "g1")},
                          {change(3'000, 10)});
  EXPECT_EQ(size_at(timeline, 4'999), 110);
  EXPECT_EQ(size_at(timeline, 5'000), 1);
  EXPECT_EQ(timeline.at(4'999)->base->line, "g1");
  EXPECT_EQ(timeline.at(5'000)->base->line, "g2");
}

TEST(TimelineTest, WalksOverEveryStateOnce) {
  const Timeline timeline({known(1'000, 2'000, 100), known(5'000, 5'500, 50)},
                          {change(3'000, 1), change(3'000, 2), change(5'200, 5)});
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>> seen;
  timeline.walk(500, 6'000, [&](const auto& book, const auto&, auto first, auto end) {
    seen.emplace_back(first, end, book.best_bid(Side::kYes)->size.hundredths());
    return true;
  });
  using T = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  EXPECT_EQ(seen,
            (std::vector<T>{
                {1'000, 3'000, 100}, {3'000, 5'000, 103}, {5'000, 5'200, 45}, {5'200, 6'001, 50}}));
}

TEST(TimelineTest, StopsWhenTheVisitorHasSeenEnough) {
  const Timeline timeline({known(1'000, 2'000, 100)}, {change(3'000, 1), change(4'000, 1)});
  int visits = 0;
  timeline.walk(1'000, 9'000, [&](const auto&, const auto&, auto, auto) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST(TimelineTest, NamesTheReplacementOnlyWhereNothingChangesInBetween) {
  const Timeline quiet({known(1'000, 2'000, 100), known(9'000, 9'500, 0)}, {change(3'000, 1)});
  EXPECT_EQ(quiet.replacement_after(2'500), nullptr);
  ASSERT_NE(quiet.replacement_after(3'000), nullptr);
  EXPECT_EQ(quiet.replacement_after(3'000)->since, 9'000);
  EXPECT_EQ(quiet.replacement_after(9'000), nullptr);
}

}  // namespace
}  // namespace kd
