#include "coverage/hole_changes.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

StoredHole stored(std::int64_t id, std::int64_t from, std::int64_t to) {
  return {
      .id = id, .ticker = "A", .channel = "orderbook_delta", .from = from, .to = to, .blame = {}};
}
Hole found(std::int64_t from, std::int64_t to) { return {{from, to}, {}}; }

HoleChanges changes(std::vector<StoredHole> have, std::vector<Hole> want) {
  return changes_of(have, std::move(want), EvidenceSet{}, 990, 1000);
}

TEST(HoleChangesTest, ANewHoleIsMadeAndOneAtTheHorizonGrows) {
  const auto out = changes({}, {found(10, 20), found(900, 1000)});
  ASSERT_EQ(out.made.size(), 2U);
  EXPECT_EQ(out.made[0].when, (Interval{10, 20}));
  EXPECT_EQ(out.made[1].when, (Interval{900, kNever}));
}

TEST(HoleChangesTest, TheSameHolesAreLeftAlone) {
  const auto out =
      changes({stored(1, 10, 20), stored(2, 900, kNever)}, {found(10, 20), found(900, 1000)});
  EXPECT_TRUE(out.made.empty() && out.moved.empty() && out.healed.empty());
}

TEST(HoleChangesTest, AGrowingHoleEnds) {
  const auto out = changes({stored(2, 900, kNever)}, {found(900, 950)});
  ASSERT_EQ(out.moved.size(), 1U);
  EXPECT_EQ(out.moved[0].id, 2);
  EXPECT_EQ(out.moved[0].hole.when, (Interval{900, 950}));
}

TEST(HoleChangesTest, LateEvidenceShortensSplitsAndHeals) {
  const auto out = changes({stored(1, 10, 20), stored(2, 30, 60), stored(3, 70, 80)},
                           {found(30, 35), found(50, 60), found(75, 80)});
  EXPECT_EQ(out.healed, (std::vector<std::int64_t>{1}));
  ASSERT_EQ(out.moved.size(), 2U);
  EXPECT_EQ(out.moved[0].hole.when, (Interval{30, 35}));
  EXPECT_EQ(out.moved[1].hole.when, (Interval{75, 80}));
  ASSERT_EQ(out.made.size(), 1U);
  EXPECT_EQ(out.made[0].when, (Interval{50, 60}));
}

TEST(HoleChangesTest, ABetterKnownCauseIsWrittenDown) {
  EvidenceSet evidence;
  evidence.gatherer("g1");
  auto hole = found(10, 20);
  hole.lines.push_back({{10, 20}, 10, 0, 17, Cause::kClose, "cut"});
  auto row = stored(1, 10, 20);
  row.blame = "unproven g1 17 ";
  const std::vector<StoredHole> rows{row};
  EXPECT_EQ(changes_of(rows, {hole}, evidence, 990, 1000).moved.size(), 1U);
  row.blame = "close g1 17 cut";
  const std::vector<StoredHole> same{row};
  EXPECT_TRUE(changes_of(same, {hole}, evidence, 990, 1000).moved.empty());
}

TEST(HoleChangesTest, TwoHolesThatBecameOneAreOneRow) {
  const auto out = changes({stored(1, 10, 20), stored(2, 30, 60)}, {found(10, 60)});
  EXPECT_EQ(out.healed, (std::vector<std::int64_t>{2}));
  ASSERT_EQ(out.moved.size(), 1U);
  EXPECT_EQ(out.moved[0].id, 1);
}

TEST(HoleChangesTest, CountsWhatGrewAndWhatHealed) {
  const auto grew = changes({stored(1, 900, kNever)}, {found(900, 1000)});
  EXPECT_EQ(grew.uncovered_us, 10);
  EXPECT_EQ(grew.growing, 0);
  const auto ended = changes({stored(1, 900, kNever)}, {found(900, 950)});
  EXPECT_EQ(ended.uncovered_us, -40);
  EXPECT_EQ(ended.growing, -1);
  const auto began = changes({}, {found(970, 1000)});
  EXPECT_EQ(began.uncovered_us, 30);
  EXPECT_EQ(began.growing, 1);
}

}  // namespace
}  // namespace kd
