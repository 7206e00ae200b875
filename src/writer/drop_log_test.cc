#include "writer/drop_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "writer/test_rows.h"

namespace kd {
namespace {

class Sink : public LogSink {
 public:
  void write(LogLevel level, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {
    errors += level == LogLevel::kError ? 1 : 0;
  }
  int errors = 0;
};

class DropLogTest : public testing::Test {
 protected:
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  MetricsRegistry metrics_;
  std::vector<Dropped> told_;
  DropLog drops_{metrics_, Logger(sink_, "test"), [this](const Dropped& d) { told_.push_back(d); }};
};

TEST_F(DropLogTest, TellsTheSumOnceWithItsBoundsAndAnAlarm) {
  drops_.set_reason("spill.max_bytes reached");
  drops_.note(Table::kTrades, test_rows(2, 10, 1'500));
  drops_.note(Table::kTrades, test_rows(3, 10, 9'100));
  drops_.note(Table::kTickers, test_rows(1, 10, 2'000));
  drops_.flush();
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[0].table, Table::kTrades);
  EXPECT_EQ(told_[0].rows, 5U);
  EXPECT_EQ(told_[0].from, micros_from_ms(1));
  EXPECT_EQ(told_[0].to, micros_from_ms(10));
  EXPECT_EQ(told_[0].reason, "spill.max_bytes reached");
  EXPECT_EQ(told_[1].to, micros_from_ms(2)) << "whole milliseconds stay";
  EXPECT_EQ(sink_->errors, 2);
  drops_.flush();
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(DropLogTest, CountsEveryRow) {
  drops_.note(Table::kTrades, test_rows(2));
  drops_.note(Table::kTrades, test_rows(3));
  EXPECT_EQ(metrics_.counter("writer_dropped_rows_total", "", {{"writer", "trades"}}).value(), 5);
}

}  // namespace
}  // namespace kd
