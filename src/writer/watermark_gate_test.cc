#include "writer/watermark_gate.h"

#include <gtest/gtest.h>

#include "writer/test_rows.h"

namespace kd {
namespace {

class Sink : public LogSink {
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

class WatermarkGateTest : public testing::Test {
 protected:
  WatermarkGateTest() {
    for (const auto table : kAllTables) {
      queues_[index_of(table)] = std::make_unique<BatchQueue>(table, budget_, clock_, drops_);
    }
  }
  BatchQueue& queue(Table table) { return *queues_[index_of(table)]; }
  void push(Table table, std::size_t rows = 1) {
    auto batch = test_rows(rows);
    queue(table).push(batch);
  }
  // What a writer does with all it can take.
  void store(Table table) {
    std::vector<QueuedBatch> batches;
    queue(table).pop(batches, {.rows = 1'000, .bytes = 1 << 20, .wait = {}});
    queue(table).settle(batches);
    gate_.settled();
  }
  void offer(std::size_t lane, int at) { gate_.offer(lane, {{1, micros_from_us(at)}}, {}); }
  std::uint64_t watermarks() { return queue(Table::kWatermarks).pushed(); }

  MetricsRegistry metrics_;
  ByteBudget budget_{1 << 20};
  ExchangeClock clock_;
  BatchQueues queues_;
  DropLog drops_{metrics_, Logger(std::make_shared<Sink>(), "test"),
                 [this](const Dropped&) { push(Table::kLedger); }};
  WatermarkGate gate_{queues_, drops_, 2};
};

TEST_F(WatermarkGateTest, AnOfferWithNothingBeforeItIsARowAtOnce) {
  offer(0, 5);
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, WaitsForTheRowsAndLedgerEventsPushedBefore) {
  push(Table::kOrderbookDeltas, 3);
  push(Table::kLedger);
  offer(0, 5);
  EXPECT_EQ(watermarks(), 0U);
  store(Table::kOrderbookDeltas);
  EXPECT_EQ(watermarks(), 0U);
  store(Table::kLedger);
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, DoesNotWaitForWhatCameAfter) {
  push(Table::kOrderbookDeltas, 3);
  offer(0, 5);
  store(Table::kOrderbookDeltas);
  push(Table::kOrderbookDeltas, 3);
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, WhileItLagsItKeepsTheOneThatWaitsAndTheNewest) {
  push(Table::kTrades);
  offer(0, 1);
  push(Table::kTrades);
  offer(0, 2);
  push(Table::kTrades);
  offer(0, 3);
  EXPECT_EQ(watermarks(), 0U);
  store(Table::kTrades);
  EXPECT_EQ(watermarks(), 2U) << "the second was overtaken by the third";
}

TEST_F(WatermarkGateTest, ANewerOfferDoesNotMoveTheBarrierOfTheOneThatWaits) {
  push(Table::kTrades);
  offer(0, 1);
  std::vector<QueuedBatch> first;
  queue(Table::kTrades).pop(first, {.rows = 1, .bytes = 1 << 20, .wait = {}});
  push(Table::kTrades);
  offer(0, 2);
  queue(Table::kTrades).settle(first);
  gate_.settled();
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, LanesDoNotWaitForEachOthersOffers) {
  push(Table::kTrades);
  offer(0, 1);
  offer(1, 1);
  store(Table::kTrades);
  EXPECT_EQ(watermarks(), 2U);
}

TEST_F(WatermarkGateTest, RowsThatWereLostAreInTheLedgerBefore) {
  drops_.note(Table::kOrderbookDeltas, test_rows(3));
  offer(0, 5);
  EXPECT_EQ(queue(Table::kLedger).pushed(), 1U);
  EXPECT_EQ(watermarks(), 0U);
  store(Table::kLedger);
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, RowsThatTheDatabaseRefusesAfterTheOfferAreInTheLedgerBefore) {
  push(Table::kOrderbookDeltas);
  offer(0, 5);
  drops_.note(Table::kOrderbookDeltas, test_rows(1));
  drops_.flush();
  store(Table::kOrderbookDeltas);
  EXPECT_EQ(watermarks(), 0U);
  store(Table::kLedger);
  EXPECT_EQ(watermarks(), 1U);
}

TEST_F(WatermarkGateTest, StandsStillWhileRowsWaitOnDisk) {
  push(Table::kOrderbookDeltas, 3);
  std::vector<QueuedBatch> moving;
  ASSERT_TRUE(queue(Table::kOrderbookDeltas).begin_spill(moving, 1));
  const auto last_row = moving[0].last_row;
  queue(Table::kOrderbookDeltas).end_spill(moving, true);
  offer(0, 5);
  gate_.settled();
  EXPECT_EQ(watermarks(), 0U);
  std::vector<QueuedBatch> read;
  read.push_back(queued(test_rows(3), last_row));
  queue(Table::kOrderbookDeltas).count(read);
  queue(Table::kOrderbookDeltas).settle(read);
  gate_.settled();
  EXPECT_EQ(watermarks(), 1U);
}

}  // namespace
}  // namespace kd
