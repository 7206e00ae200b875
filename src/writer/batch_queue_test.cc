#include "writer/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace kd {
namespace {

using namespace std::chrono_literals;

RowBatch rows(std::size_t count) {
  RowBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.row_starts.push_back(static_cast<std::uint32_t>(batch.bytes.size()));
    batch.bytes.resize(batch.bytes.size() + 10);
  }
  return batch;
}

class BatchQueueTest : public testing::Test {
 protected:
  void push(std::size_t count) {
    auto batch = rows(count);
    queue_.push(batch);
    EXPECT_TRUE(batch.empty());
  }
  ByteBudget budget_{1'000};
  BatchQueue queue_{budget_};
  std::vector<RowBatch> out_;
};

TEST_F(BatchQueueTest, GivesWholeBatchesInOrderUpToTheRowsAskedFor) {
  push(3);
  push(4);
  push(5);
  ASSERT_TRUE(queue_.pop(out_, 8, 0ms));
  ASSERT_EQ(out_.size(), 2U);
  EXPECT_EQ(out_[0].rows(), 3U);
  EXPECT_EQ(out_[1].rows(), 4U);
  queue_.recycle(out_);
  ASSERT_TRUE(queue_.pop(out_, 2, 0ms)) << "a batch larger than asked for comes alone";
  EXPECT_EQ(out_[0].rows(), 5U);
}

TEST_F(BatchQueueTest, CountsBytesUntilTheyAreWritten) {
  push(3);
  EXPECT_EQ(budget_.used(), 30);
  ASSERT_TRUE(queue_.pop(out_, 8, 0ms));
  EXPECT_EQ(budget_.used(), 30) << "being written is not written";
  queue_.recycle(out_);
  EXPECT_EQ(budget_.used(), 0);
  EXPECT_EQ(queue_.bytes(), 0U);
}

TEST_F(BatchQueueTest, EnoughRowsWakeTheWriterBeforeTheTimeIsOver) {
  const std::jthread writer([&] { EXPECT_TRUE(queue_.pop(out_, 8, 600'000ms)); });
  push(3);
  push(5);
}

TEST_F(BatchQueueTest, ClosedIsReadToItsEnd) {
  push(3);
  queue_.close();
  EXPECT_TRUE(queue_.pop(out_, 8, 600'000ms));
  EXPECT_EQ(out_.size(), 1U);
  EXPECT_FALSE(queue_.pop(out_, 8, 600'000ms));
}

}  // namespace
}  // namespace kd
