#include "writer/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "writer/test_rows.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using Source = BatchQueue::Source;

constexpr std::size_t kAnyBytes = 1 << 30;

class Sink : public LogSink {
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

class BatchQueueTest : public testing::Test {
 protected:
  void push(std::size_t count) {
    auto batch = test_rows(count);
    queue_.push(batch);
    EXPECT_TRUE(batch.empty());
  }
  Source pop(std::size_t rows, std::chrono::milliseconds wait = 0ms) {
    return queue_.pop(out_, {.rows = rows, .bytes = kAnyBytes, .wait = wait});
  }
  std::size_t rows_out(std::size_t batch) const { return out_[batch].rows.rows(); }

  MetricsRegistry metrics_;
  std::vector<Dropped> told_;
  DropLog drops_{metrics_, Logger(std::make_shared<Sink>(), "test"),
                 [this](const Dropped& dropped) { told_.push_back(dropped); }};
  ByteBudget budget_{1'000};
  ExchangeClock clock_;
  BatchQueue queue_{Table::kTrades, budget_, clock_, drops_};
  std::vector<QueuedBatch> out_;
};

TEST_F(BatchQueueTest, GivesWholeBatchesInOrderUpToTheRowsAskedFor) {
  push(3);
  push(4);
  push(5);
  ASSERT_EQ(pop(8), Source::kMemory);
  ASSERT_EQ(out_.size(), 2U);
  EXPECT_EQ(rows_out(0), 3U);
  EXPECT_EQ(rows_out(1), 4U);
  queue_.settle(out_);
  ASSERT_EQ(pop(2), Source::kMemory) << "a batch larger than asked for comes alone";
  EXPECT_EQ(rows_out(0), 5U);
}

TEST_F(BatchQueueTest, GivesNoMoreBytesThanAskedFor) {
  push(3);
  push(3);
  ASSERT_EQ(queue_.pop(out_, {.rows = 100, .bytes = 50, .wait = 0ms}), Source::kMemory);
  EXPECT_EQ(out_.size(), 1U);
}

TEST_F(BatchQueueTest, CountsBytesUntilTheyAreWritten) {
  push(3);
  const auto used = budget_.used();
  EXPECT_GE(used, 30);
  ASSERT_EQ(pop(8), Source::kMemory);
  EXPECT_EQ(budget_.used(), used) << "being written is not written";
  queue_.settle(out_);
  EXPECT_EQ(budget_.used(), 0);
  EXPECT_EQ(queue_.settled(), 3U);
}

TEST_F(BatchQueueTest, WhatTheMemoryCannotTakeIsDroppedAndToldWithItsTimes) {
  auto early = test_rows(40, 10, 5'500);
  queue_.push(early);
  for (int i = 0; i < 3; ++i) {
    auto late = test_rows(40, 10, 70'000 + 500 * i);
    queue_.push(late);
    EXPECT_TRUE(late.empty());
  }
  EXPECT_EQ(queue_.pushed(), 40U) << "dropped rows are nobody's";
  EXPECT_LE(budget_.used(), 750);
  drops_.flush();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].rows, 120U);
  EXPECT_EQ(told_[0].from, micros_from_ms(70));
  EXPECT_EQ(told_[0].to, micros_from_ms(71)) << "rounded outward";
}

TEST_F(BatchQueueTest, TheLedgerIsTakenWhenTheRestIsRefused) {
  BatchQueue ledger(Table::kLedger, budget_, clock_, drops_);
  auto most = test_rows(50);
  queue_.push(most);
  auto refused = test_rows(8);
  queue_.push(refused);
  EXPECT_EQ(queue_.pushed(), 50U);
  auto row = test_rows(8);
  ledger.push(row);
  EXPECT_EQ(ledger.pushed(), 8U);
}

TEST_F(BatchQueueTest, EnoughRowsWakeTheWriterBeforeTheTimeIsOver) {
  const std::jthread writer([&] { EXPECT_EQ(pop(8, 1h), Source::kMemory); });
  push(3);
  push(5);
}

TEST_F(BatchQueueTest, ClosedIsReadToItsEnd) {
  push(3);
  queue_.close();
  EXPECT_EQ(pop(8, 1h), Source::kMemory);
  EXPECT_EQ(out_.size(), 1U);
  EXPECT_EQ(pop(8, 1h), Source::kEnd);
}

TEST_F(BatchQueueTest, SendsTheWriterToTheDiskUntilThatIsEmpty) {
  std::vector<QueuedBatch> moving;
  push(3);
  ASSERT_TRUE(queue_.begin_spill(moving, 1));
  push(4);
  queue_.end_spill(moving, true);
  EXPECT_EQ(pop(8), Source::kDisk) << "older than what waits in memory";
  queue_.disk_is_empty();
  EXPECT_EQ(pop(8), Source::kMemory);
  EXPECT_EQ(rows_out(0), 4U);
}

TEST_F(BatchQueueTest, WhatWentToTheDiskWhileTheWriterFoundItEmptyIsNotForgotten) {
  std::vector<QueuedBatch> moving;
  queue_.disk_has_rows();
  ASSERT_EQ(pop(8), Source::kDisk);
  push(3);
  ASSERT_TRUE(queue_.begin_spill(moving, 1));
  queue_.end_spill(moving, true);
  queue_.disk_is_empty();
  EXPECT_EQ(pop(8), Source::kDisk);
}

TEST_F(BatchQueueTest, BatchesThatTheDiskDidNotTakeComeBackInFront) {
  std::vector<QueuedBatch> moving;
  push(3);
  push(4);
  ASSERT_TRUE(queue_.begin_spill(moving, 10'000));
  EXPECT_EQ(moving.size(), 2U);
  push(5);
  queue_.end_spill(moving, false);
  ASSERT_EQ(pop(100), Source::kMemory);
  ASSERT_EQ(out_.size(), 3U);
  EXPECT_EQ(rows_out(0), 3U);
  EXPECT_EQ(rows_out(2), 5U);
}

TEST_F(BatchQueueTest, TheWriterWaitsForBatchesOnTheirWayToTheDisk) {
  std::vector<QueuedBatch> moving;
  push(3);
  ASSERT_TRUE(queue_.begin_spill(moving, 1));
  push(4);
  const std::jthread writer([&] { EXPECT_EQ(pop(1), Source::kDisk); });
  queue_.end_spill(moving, true);
}

TEST_F(BatchQueueTest, RowsReadFromDiskCountUntilTheyAreWritten) {
  std::vector<QueuedBatch> batches;
  batches.push_back(queued(test_rows(3), 17));
  queue_.count(batches);
  EXPECT_GT(budget_.used(), 0);
  queue_.settle(batches);
  EXPECT_EQ(budget_.used(), 0);
  EXPECT_EQ(queue_.settled(), 17U);
}

TEST_F(BatchQueueTest, ALargeBatchWithLittleInItGivesItsMemoryBack) {
  auto batch = test_rows(3);
  batch.bytes.reserve(1 << 20);
  queue_.push(batch);
  EXPECT_LT(budget_.used(), 100);
}

TEST_F(BatchQueueTest, TellsTheTimeOfTheExchange) {
  auto batch = test_rows(1);
  batch.newest_sending_us = 1'234;
  queue_.push(batch);
  EXPECT_EQ(clock_.newest_us(), 1'234);
}

}  // namespace
}  // namespace kd
