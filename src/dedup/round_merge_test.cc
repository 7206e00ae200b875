#include "dedup/round_merge.h"

#include <gmock/gmock.h>

#include "codec/copy_row.h"

namespace kd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'790'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::size_t kDeltas = 1;
constexpr std::size_t kLedger = 5;

class RoundMergeTest : public testing::Test {
 protected:
  RoundMergeTest() : merge_({.gatherers = {"g1", "g2"}, .seen = {}, .frozen = {}, .seed = 1}) {
    begin();
  }
  void begin() {
    RoundMerge::Start start;
    start.positions.assign(2 * kTableCount, 0);
    start.horizons.fill(SeenSet::kNothingStored);
    merge_.begin(start);
    ends_ = {};
  }
  Page page(std::size_t gatherer, std::size_t table) {
    Page out;
    out.gatherer = gatherer;
    out.table = table;
    auto& end = ends_[gatherer][table];
    out.after = end;
    out.end.position = ++end;
    out.row_count = 1;
    return out;
  }
  // A change so many seconds after kNow.
  Page delta(std::size_t gatherer, std::int64_t at) {
    auto out = page(gatherer, kDeltas);
    CopyRowWriter row(out.rows);
    row.begin_row(12);
    row.int8(out.end.position);
    row.int8(kNow + at * kSecond);
    row.null();
    row.int8(kNow);
    row.bytes("KXA");
    row.boolean(true);
    row.int4(52'000);
    row.int8(5);
    row.int2(0);
    row.int4(0);
    row.int8(7);
    row.int8(1);
    return out;
  }
  Page proof(std::size_t gatherer, std::int64_t until, std::int64_t deltas_needed) {
    auto out = page(gatherer, kProofs);
    CopyRowWriter row(out.rows);
    row.begin_row(4);
    row.int8(out.end.position);
    row.int8(kNow);
    row.int8_array(std::vector<std::int64_t>{7});
    row.int8_array(std::vector<std::int64_t>{kNow + until * kSecond});
    out.needs[kDeltas].position = deltas_needed;
    return out;
  }
  Page leave(std::size_t gatherer) {
    auto out = page(gatherer, kLedger);
    CopyRowWriter row(out.rows);
    row.begin_row(12);
    row.int8(out.end.position);
    row.int8(kNow);
    row.int8(7);
    row.int4(0);
    row.null();
    row.bytes("orderbook_delta");
    row.bytes("leave");
    for (int i = 0; i < 4; ++i) row.null();
    row.text_array(std::vector<std::string_view>{"KXA"});
    return out;
  }
  void merge(std::vector<Page> pages) { merge_.merge(std::move(pages), kNow, round_); }
  // Gatherer 0 brings one change, the other one every second until `until`.
  void silence(std::int64_t until) {
    merge({delta(0, 0)});
    for (std::int64_t at = 0; at <= until; ++at) merge({delta(1, at)});
  }

  RoundMerge merge_;
  Round round_;
  std::array<std::array<std::int64_t, kTableCount>, 2> ends_{};
};

TEST_F(RoundMergeTest, AProofComesWithTheRowsItSpeaksFor) {
  merge({proof(0, 5, 2)});
  EXPECT_TRUE(round_.empty());
  EXPECT_TRUE(merge_.holds_proofs(0));
  EXPECT_TRUE(merge_.blocked()[kProofs]);
  merge({delta(0, 0)});
  EXPECT_TRUE(round_.proofs.newest().empty());
  EXPECT_EQ(round_.pages.size(), 1U);
  merge_.confirm();
  merge({delta(0, 1)});
  EXPECT_EQ(round_.proofs.newest().size(), 1U);
  EXPECT_EQ(round_.moves.size(), 2U);
  EXPECT_EQ(round_.pages.size(), 2U);
  merge_.confirm();
  EXPECT_FALSE(merge_.blocked()[kProofs]);
}

TEST_F(RoundMergeTest, AfterAnErrorHeldProofsAreReadAgain) {
  merge({proof(0, 5, 2)});
  merge_.forget();
  begin();
  EXPECT_FALSE(merge_.holds_proofs(0));
}

TEST_F(RoundMergeTest, FindsASilentLineOnceItIsProven) {
  silence(40);
  merge({proof(0, 60, 1)});
  EXPECT_THAT(round_.frozen, IsEmpty());
  merge({delta(1, 41)});
  EXPECT_THAT(round_.frozen,
              ElementsAre(FrozenLines::Finding{0, "KXA", kNow, kNow + 31 * kSecond}));
}

TEST_F(RoundMergeTest, KnowsFromTheLedgerWhatALineLeft) {
  merge({leave(0)});
  silence(40);
  merge({proof(0, 60, 1)});
  merge({delta(1, 41)});
  EXPECT_THAT(round_.frozen, IsEmpty());
}

}  // namespace
}  // namespace kd
