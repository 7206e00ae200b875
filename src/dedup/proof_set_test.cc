#include "dedup/proof_set.h"

#include <gmock/gmock.h>

#include "codec/copy_row.h"

namespace kd {
namespace {

constexpr std::int64_t kNow = 1'790'000'000'000'000;

class ProofSetTest : public testing::Test {
 protected:
  void row(std::int64_t position, std::int64_t at, const std::vector<std::int64_t>& streams,
           const std::vector<std::int64_t>& proven) {
    page_.table = table_index("watermarks");
    CopyRowWriter out(page_.rows);
    out.begin_row(4);
    out.int8(position);
    out.int8(at);
    out.int8_array(streams);
    out.int8_array(proven);
  }
  void add() { proofs_.add(page_, kNow, refused_); }

  Page page_;
  ProofSet proofs_;
  std::vector<RefusedRow> refused_;
};

TEST_F(ProofSetTest, KeepsTheNewestOfEachStream) {
  row(1, kNow, {7, 8}, {100, 200});
  row(2, kNow + 1, {7}, {150});
  row(3, kNow + 2, {8}, {190});
  add();
  page_.gatherer = 1;
  add();
  ASSERT_EQ(proofs_.newest().size(), 4U);
  EXPECT_EQ(proofs_.newest().at({0, 7}).proven_until_us, 150);
  EXPECT_EQ(proofs_.newest().at({0, 7}).at_us, kNow + 1);
  EXPECT_EQ(proofs_.newest().at({1, 8}).proven_until_us, 200) << "a proof never goes back";
}

TEST_F(ProofSetTest, AClockThatRanAwayIsReplacedByThePosition) {
  row(kNow + 5, kNow + 94'608'000'000'000, {7}, {100});
  add();
  EXPECT_EQ(proofs_.newest().at({0, 7}).at_us, kNow + 5);
}

TEST_F(ProofSetTest, ArraysOfDifferentLengthAreRefused) {
  row(1, kNow, {7, 8}, {100});
  row(2, kNow, {9}, {100});
  add();
  EXPECT_EQ(proofs_.newest().size(), 1U);
  ASSERT_EQ(refused_.size(), 1U);
  EXPECT_EQ(refused_[0].position, 1);
}

}  // namespace
}  // namespace kd
