#include "dedup/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/copy_row.h"

namespace kd {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kNow = 1'790'000'000'000'000;
constexpr std::int64_t kHour = 3'600'000'000;

// A page of delta rows, written by hand in the gatherer's column order.
class Deltas {
 public:
  explicit Deltas(std::size_t gatherer) { page_.gatherer = gatherer; }

  Deltas& row(std::int64_t stamp, std::int64_t change, std::int16_t occurrence = 0,
              std::int64_t seq = 0) {
    CopyRowWriter out(page_.rows);
    out.begin_row(12);
    out.int8(++page_.end.position);
    out.int8(stamp);
    out.null();
    out.int8(stamp + 5);
    out.bytes("KXA");
    out.boolean(true);
    out.int4(52'000);
    out.int8(change);
    out.int2(occurrence);
    out.int4(0);
    out.int8(7);
    out.int8(seq);
    return *this;
  }
  const Page& page() const { return page_; }

 private:
  Page page_;
};

class DeltaMergeTest : public testing::Test {
 protected:
  DeltaMergeTest() { merge_.seen().reset(SeenSet::kNothingStored); }

  static const TableSpec& spec() { return table_specs()[table_index("orderbook_deltas")]; }
  // The changes of the rows in `set`, in order.
  static std::vector<std::int64_t> changes(const RowSet& set) {
    std::vector<std::int64_t> out;
    CopyReader reader(set.bytes, 10);
    CopyRow row;
    while (reader.next(row)) out.push_back(*row.int8(6));
    EXPECT_TRUE(reader.complete());
    return out;
  }

  TableMerge merge_{
      spec(), {.gatherers = {"g1", "g2", "g3"}, .seen = {}, .partition_us = kHour, .seed = 3}};
  MergedRows out_;
};

TEST_F(DeltaMergeTest, KeepsTheLargestMultiplicityAnyLineSaw) {
  merge_.add(Deltas(0).row(kNow, 5, 0).row(kNow, 5, 1).page(), kNow, out_);
  merge_.add(Deltas(1).row(kNow, 5, 0).page(), kNow, out_);
  merge_.add(Deltas(2).row(kNow, 5, 0).row(kNow, 5, 1).page(), kNow, out_);
  EXPECT_THAT(changes(out_.direct), ElementsAre(5, 5));
  EXPECT_EQ(out_.duplicates, 3);
}

TEST_F(DeltaMergeTest, SeqAndReceiveTimeAreInNoKey) {
  for (std::size_t g = 0; g < 3; ++g) {
    merge_.add(Deltas(g).row(kNow, 5, 0, static_cast<std::int64_t>(100 + g)).page(), kNow, out_);
  }
  EXPECT_EQ(out_.direct.rows(), 1U);
}

TEST_F(DeltaMergeTest, ChangesOfOneMillisecondAllSurvive) {
  merge_.add(Deltas(0).row(kNow, 100).row(kNow, -100).row(kNow, 30).page(), kNow, out_);
  EXPECT_THAT(changes(out_.direct), ElementsAre(100, -100, 30));
}

TEST_F(DeltaMergeTest, WhatLiesBelowTheHorizonIsStaged) {
  merge_.seen().reset(kNow);
  merge_.add(Deltas(0).row(kNow, 1).row(kNow + 1000, 2).page(), kNow, out_);
  EXPECT_THAT(changes(out_.staged), ElementsAre(1));
  EXPECT_THAT(changes(out_.direct), ElementsAre(2));
}

TEST_F(DeltaMergeTest, RefusesStampsWithoutAPartition) {
  merge_.add(Deltas(0).row(1, 1).row(kNow + 2 * kHour, 2).row(kNow, 3).page(), kNow, out_);
  EXPECT_THAT(changes(out_.direct), ElementsAre(3));
  ASSERT_EQ(out_.refused.size(), 2U);
  EXPECT_EQ(out_.refused[1].position, 2);
  CopyReader reader(out_.refused[0].frame, 12);
  CopyRow row;
  EXPECT_TRUE(reader.next(row));
}

TEST_F(DeltaMergeTest, NamesEachPartitionOnce) {
  const auto base = kNow / kHour * kHour;
  merge_.add(Deltas(0).row(base, 1).row(base - 1, 2).row(base + 1, 3).page(), kNow, out_);
  merge_.add(Deltas(1).row(base - 2, 4).page(), kNow, out_);
  EXPECT_THAT(out_.partitions, ElementsAre(base, base - 1));
}

TEST_F(DeltaMergeTest, ARowGoesOutWithItsGathererAndWithoutItsPosition) {
  merge_.add(Deltas(1).row(kNow, 5).page(), kNow, out_);
  CopyReader reader(out_.direct.bytes, 10);
  CopyRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.int8(0), kNow);
  EXPECT_EQ(row.bytes(3), "KXA");
  EXPECT_EQ(row.bytes(9), "g2");
  EXPECT_EQ(out_.direct.origins.at(0).position, 1);
  EXPECT_EQ(out_.direct.origins.at(0).end, out_.direct.bytes.size());
}

TEST(TableSpecTest, ListsAsManyColumnsAsItSays) {
  const auto count = [](std::string_view list) {
    return static_cast<std::size_t>(std::count(list.begin(), list.end(), ',')) + 1;
  };
  for (const auto& spec : table_specs()) {
    EXPECT_EQ(count(spec.gatherer_columns), spec.columns) << spec.name;
    EXPECT_EQ(count(spec.production_columns), spec.keep_last - spec.keep_first + 1) << spec.name;
    EXPECT_EQ(table_index(spec.name), static_cast<std::size_t>(&spec - table_specs().data()));
  }
  EXPECT_EQ(table_index("watermarks"), kTableCount);
}

}  // namespace
}  // namespace kd
