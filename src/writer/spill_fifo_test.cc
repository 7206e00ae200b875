#include "writer/spill_fifo.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "writer/test_rows.h"

namespace kd {
namespace {

class Sink : public LogSink {
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

class SpillFifoTest : public testing::Test {
 protected:
  SpillFifoTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("kd-spill-" + std::to_string(::getpid()) + "-" + test->name());
    std::filesystem::create_directories(directory_);
    open();
  }
  ~SpillFifoTest() override { std::filesystem::remove_all(directory_); }

  // As a new process would, after the old one was killed.
  void open(std::int64_t segment_bytes = 1 << 20) {
    fifo_.reset();
    space_ = std::make_unique<SpillSpace>(
        SpillSpace::Options{.max_bytes = 1 << 30, .high_watermark_percent = 100});
    auto fifo = SpillFifo::open({.directory = directory_,
                                 .table = Table::kTrades,
                                 .segment_bytes = segment_bytes,
                                 .durable = false,
                                 .reserve_bytes = 0},
                                *space_, drops_, Logger(std::make_shared<Sink>(), "test"));
    ASSERT_TRUE(fifo) << fifo.error().what;
    fifo_ = *std::move(fifo);
  }
  // One batch with one row of the text.
  static QueuedBatch row(std::string_view text) {
    RowBatch batch;
    batch.row_starts.push_back(0);
    batch.bytes.assign(text.begin(), text.end());
    batch.widen_exchange_time(5'000);
    return queued(std::move(batch), 3);
  }
  void append(std::initializer_list<std::string_view> rows) {
    std::vector<QueuedBatch> batches;
    for (const auto text : rows) batches.push_back(row(text));
    ASSERT_TRUE(fifo_->append(batches));
  }
  // The rows that are not stored, as one text; and the last batches read.
  std::string read(std::size_t rows = 1'000) {
    auto batches = fifo_->read(rows, 1 << 20);
    EXPECT_TRUE(batches);
    read_ = *std::move(batches);
    std::string text;
    for (const auto& batch : read_) {
      for (auto i = batch.first_row; i < batch.rows.rows(); ++i) text += row_at(batch.rows, i);
    }
    return text;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
  }

  std::filesystem::path directory_;
  MetricsRegistry metrics_;
  std::vector<Dropped> told_;
  DropLog drops_{metrics_, Logger(std::make_shared<Sink>(), "test"),
                 [this](const Dropped& d) { told_.push_back(d); }};
  std::unique_ptr<SpillSpace> space_;
  std::unique_ptr<SpillFifo> fifo_;
  std::vector<QueuedBatch> read_;
};

TEST_F(SpillFifoTest, GivesInOrderWhatItTook) {
  append({"a", "b"});
  append({"c"});
  EXPECT_EQ(read(2), "ab");
  EXPECT_EQ(read(), "c");
  EXPECT_EQ(read_[0].last_row, 3U);
  EXPECT_EQ(read(), "");
}

TEST_F(SpillFifoTest, LeavesNothingOnDiskOnceAllIsDealtWith) {
  append({"a", "b"});
  EXPECT_EQ(read(), "ab");
  EXPECT_GT(space_->used(), 0);
  fifo_->dealt_with();
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(space_->used(), 0);
  EXPECT_EQ(fifo_->bytes(), 0);
  append({"c"});
  EXPECT_EQ(read(), "c");
}

TEST_F(SpillFifoTest, IsReadWhileItGrows) {
  append({"a"});
  EXPECT_EQ(read(), "a");
  append({"b"});
  fifo_->dealt_with();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(read(), "b");
}

TEST_F(SpillFifoTest, RemovesFilesAsTheyAreDealtWith) {
  open(1);  // a file for every append
  append({"a"});
  append({"b"});
  append({"c"});
  ASSERT_EQ(files().size(), 3U);
  EXPECT_EQ(read(1), "a");
  EXPECT_EQ(files().size(), 3U) << "read is not stored";
  fifo_->dealt_with();
  EXPECT_EQ(files().size(), 2U);
  EXPECT_EQ(read(), "bc");
  fifo_->dealt_with();
  EXPECT_TRUE(files().empty());
}

TEST_F(SpillFifoTest, AKilledProcessLeavesItsRowsToTheNext) {
  append({"a", "b"});
  open();
  EXPECT_TRUE(fifo_->has_leftovers());
  append({"c"});
  EXPECT_EQ(read(), "abc");
  EXPECT_EQ(read_[0].last_row, 0U) << "its count is not ours";
  EXPECT_EQ(read_[2].last_row, 3U);
  fifo_->dealt_with();
  EXPECT_FALSE(fifo_->has_leftovers());
}

TEST_F(SpillFifoTest, WhatIsStoredIsNotReadAgainAfterACrashBeforeTheFileWasRemoved) {
  append({"a", "b", "c"});
  EXPECT_EQ(read(2), "ab");
  const auto& at = *read_.back().spilled;
  open();
  fifo_->start_at({at.file_id, at.end});
  EXPECT_EQ(read(), "c");
}

TEST_F(SpillFifoTest, GoesOnInTheMiddleOfARecord) {
  const std::vector<QueuedBatch> batches{queued(test_rows(4, 2))};
  ASSERT_TRUE(fifo_->append(batches));
  read();
  const auto at = *read_[0].spilled;
  open();
  fifo_->start_at({at.file_id, at.rows_offset + 6});
  EXPECT_EQ(read(), "dd");
}

TEST_F(SpillFifoTest, AFileBeforeTheOneThatWasLoadedIsDone) {
  open(1);
  append({"a"});
  append({"b"});
  read();
  const auto at = *read_.back().spilled;
  open();
  fifo_->start_at({at.file_id, at.rows_offset});
  EXPECT_EQ(read(), "b");
}

TEST_F(SpillFifoTest, ProgressInAFileThatIsGoneSkipsNothing) {
  append({"a"});
  open();
  fifo_->start_at({std::numeric_limits<std::int64_t>::max(), 1'000});
  EXPECT_EQ(read(), "a") << "whatever the clock said when that file was made";
}

TEST_F(SpillFifoTest, ATornEndIsSkippedAtWhateverByte) {
  append({"first", "second"});
  fifo_.reset();
  const auto whole = files().at(0);
  const auto size = std::filesystem::file_size(whole);
  const auto second = (size - kSpillFileHeaderBytes - 73) + 1;  // "first" has 64 + 4 + 5 bytes
  for (std::size_t cut = 0; cut < second; ++cut) {
    std::filesystem::resize_file(whole, size - cut);
    const auto copy = directory_ / "kept";
    std::filesystem::copy_file(whole, copy);
    open();
    append({"third"});
    EXPECT_EQ(read(), cut == 0 ? "firstsecondthird" : "firstthird") << cut << " bytes cut";
    fifo_->dealt_with();
    EXPECT_EQ(space_->used(), 0);
    fifo_.reset();
    std::filesystem::rename(copy, whole);
  }
  drops_.flush();
  EXPECT_TRUE(told_.empty()) << "rows of a killed process were in no watermark";
}

TEST_F(SpillFifoTest, ADamagedRecordIsLostAloneAndTold) {
  append({"first", "second", "third"});
  {
    std::fstream file(files().at(0), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kSpillFileHeaderBytes + 73 + 70);
    file.put('#');
  }
  EXPECT_EQ(read(), "firstthird");
  drops_.flush();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].rows, 1U);
  EXPECT_EQ(told_[0].from, micros_from_ms(5));
}

TEST_F(SpillFifoTest, AFileWhoseHeaderIsNotItsOwnIsNotLoaded) {
  append({"a"});
  fifo_.reset();
  const auto file = files().at(0);
  std::filesystem::rename(file, directory_ / spill_file_name(Table::kTrades, 7));
  open();
  append({"b"});
  EXPECT_EQ(read(), "b");
}

TEST_F(SpillFifoTest, RowsPutFirstComeFirst) {
  append({"c"});
  std::vector<QueuedBatch> held{row("a"), row("b")};
  WritePlan plan(held, {.rows = 1, .bytes = 100});
  const auto rest = plan.rest();
  ASSERT_TRUE(fifo_->put_first(held, rest, 77));
  open();
  EXPECT_EQ(read(), "abc");
  EXPECT_EQ(read_[0].in_doubt_position, 77) << "only what was under way may be stored";
  EXPECT_EQ(read_[1].in_doubt_position, 0);
}

TEST_F(SpillFifoTest, ADiskThatTakesNothingLeavesItAsItWas) {
  append({"a"});
  EXPECT_EQ(read(), "a");
  fifo_->dealt_with();
  std::filesystem::remove_all(directory_);
  const std::vector<QueuedBatch> batches{row("b")};
  const auto done = fifo_->append(batches);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().remedy, Remedy::kRetry);
  std::filesystem::create_directories(directory_);
  append({"b"});
  EXPECT_EQ(read(), "b");
}

}  // namespace
}  // namespace kd
