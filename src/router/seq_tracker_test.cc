#include "router/seq_tracker.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using Verdict = SeqTracker::Verdict;

TEST(SeqTrackerTest, TellsGapDuplicateAndContiguousApart) {
  SeqTracker seq;
  EXPECT_EQ(seq.next(1), Verdict::kContiguous);
  EXPECT_EQ(seq.next(2), Verdict::kContiguous);
  EXPECT_EQ(seq.next(2), Verdict::kDuplicate);
  EXPECT_EQ(seq.next(1), Verdict::kDuplicate);
  EXPECT_EQ(seq.next(5), Verdict::kGap);
  EXPECT_EQ(seq.missing(), 2);
  EXPECT_EQ(seq.next(6), Verdict::kContiguous);
}

TEST(SeqTrackerTest, AStreamThatDoesNotStartAtOneHasLostItsStart) {
  SeqTracker seq;
  EXPECT_EQ(seq.next(3), Verdict::kGap);
  EXPECT_EQ(seq.missing(), 2);
}

}  // namespace
}  // namespace kd
