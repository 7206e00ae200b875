#include "dedup/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <tuple>

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

TEST(SnapshotMergeTest, BooksReadOverRestAreStagedWhateverIsKnownOfThem) {
  const auto& spec = table_specs()[table_index("orderbook_snapshots")];
  TableMerge merge(spec, {.gatherers = {"g1"}, .seen = {}, .partition_us = kHour, .seed = 3});
  merge.seen().reset(SeenSet::kNothingStored);
  Page page;
  CopyRowWriter row(page.rows);
  for (const auto* source : {"ws", "rest"}) {
    row.begin_row(12);
    row.int8(++page.end.position);
    row.int8(kNow);
    row.int8(kNow);
    row.bytes("KXA");
    row.bytes(source);
    for (int i = 0; i < 4; ++i) row.null();
    row.int2(0);
    row.int8(7);
    row.null();
  }
  MergedRows out;
  merge.add(page, kNow, out);
  EXPECT_EQ(out.direct.rows(), 1U);
  EXPECT_EQ(out.staged.rows(), 1U);
  CopyReader reader(out.direct.bytes, 11);
  CopyRow kept;
  ASSERT_TRUE(reader.next(kept));
  EXPECT_EQ(kept.int8(9), 7) << "the stream goes along";
}

TEST(LedgerMergeTest, AClockThatRanAwayIsReplacedByThePosition) {
  const auto& spec = table_specs()[table_index("ledger")];
  TableMerge merge(spec, {.gatherers = {"g1"}, .seen = {}, .partition_us = kHour, .seed = 3});
  Page page;
  CopyRowWriter row(page.rows);
  for (const auto position : {kNow, std::int64_t{5}}) {
    row.begin_row(12);
    row.int8(position);
    row.int8(kNow + 26'280 * kHour);  // three years ahead
    for (int i = 0; i < 10; ++i) row.null();
  }
  MergedRows out;
  merge.add(page, kNow, out);
  EXPECT_EQ(out.refused.size(), 1U) << "the position is no time either";
  CopyReader reader(out.staged.bytes, 13);
  CopyRow kept;
  ASSERT_TRUE(reader.next(kept));
  EXPECT_EQ(kept.int8(0), kNow);
  EXPECT_EQ(kept.int8(1), kNow);
  EXPECT_EQ(out.staged.origins.at(0).stamp_us, kNow);
}

// Production as the database would behave: direct rows must be new, staged rows may be there.
class ModelOfProduction {
 public:
  void take(const MergedRows& rows) {
    for (const auto& key : keys(rows.direct)) EXPECT_TRUE(stored_.insert(key).second);
    for (const auto& key : keys(rows.staged)) stored_.insert(key);
  }
  std::int64_t newest() const {
    return stored_.empty() ? SeenSet::kNothingStored : std::get<0>(*stored_.rbegin());
  }
  using Key = std::tuple<std::int64_t, std::int64_t, std::string>;  // stamp, change, occurrence
  const std::set<Key>& stored() const { return stored_; }

 private:
  static std::vector<Key> keys(const RowSet& set) {
    std::vector<Key> out;
    CopyReader reader(set.bytes, 10);
    CopyRow row;
    while (reader.next(row)) {
      out.emplace_back(*row.int8(0), *row.int8(6), std::string(row.bytes(7)));
    }
    return out;
  }
  std::set<Key> stored_;
};

// Three lines that each lose rows, in pages of random size, with restarts and failed rounds at
// random: production is, per key, the largest multiplicity any line saw.
TEST_F(DeltaMergeTest, AnyInterleavingGivesTheUnionOfAllLines) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::array<std::vector<Deltas>, 3> lines;
    std::set<ModelOfProduction::Key> expected;
    for (std::size_t g = 0; g < 3; ++g) {
      std::map<std::pair<std::int64_t, std::int64_t>, std::int16_t> seen;
      for (int i = 0; i < 120; ++i) {
        if (random() % 10 == 0) continue;  // lost on this line
        const std::int64_t stamp = kNow + i / 4 * 100'000;
        const std::int64_t change = i % 2;
        const auto occurrence = seen[{stamp, change}]++;
        if (lines[g].empty() || random() % 8 == 0) lines[g].emplace_back(g);
        lines[g].back().row(stamp, change, occurrence);
        expected.emplace(stamp, change, std::string({'\0', static_cast<char>(occurrence)}));
      }
    }
    TableMerge merge(spec(),
                     {.gatherers = {"g1", "g2", "g3"},
                      .seen = {.window_us = 500'000, .max_bytes = 8 << 10, .bucket_us = 300'000},
                      .partition_us = kHour,
                      .seed = seed});
    ModelOfProduction production;
    merge.seen().reset(SeenSet::kNothingStored);
    std::array<std::size_t, 3> at{};
    for (std::int64_t now = kNow;
         at[0] + at[1] + at[2] < lines[0].size() + lines[1].size() + lines[2].size();
         now += 50'000) {
      const auto before = at;
      out_.clear();
      merge.seen().expire(now);
      for (std::size_t g = 0; g < 3; ++g) {
        if (at[g] < lines[g].size() && random() % 3 != 0)
          merge.add(lines[g][at[g]++].page(), now, out_);
      }
      if (random() % 6 == 0) {  // the round failed, or the process was restarted
        at = before;
        merge.seen().reset(production.newest());
        continue;
      }
      production.take(out_);
      merge.seen().confirm();
    }
    ASSERT_EQ(production.stored(), expected) << "seed " << seed;
  }
}

TEST(TableSpecTest, ListsAsManyColumnsAsItSays) {
  const auto count = [](std::string_view list) {
    return static_cast<std::size_t>(std::count(list.begin(), list.end(), ',')) + 1;
  };
  for (const auto& spec : table_specs()) {
    EXPECT_EQ(count(spec.gatherer_columns), spec.columns) << spec.name;
    if (spec.name != "watermarks") {
      EXPECT_EQ(count(spec.production_columns), spec.keep_last - spec.keep_first + 1) << spec.name;
    }
    EXPECT_EQ(table_index(spec.name), static_cast<std::size_t>(&spec - table_specs().data()));
  }
  EXPECT_EQ(table_index("watermarks"), kTableCount - 1);
  EXPECT_EQ(table_index("none"), kTableCount);
  EXPECT_EQ(stamp_name(table_specs()[0]), "exchange_ts");
}

}  // namespace
}  // namespace kd
