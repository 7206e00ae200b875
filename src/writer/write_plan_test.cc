#include "writer/write_plan.h"

#include <gtest/gtest.h>

#include <string>

#include "writer/test_rows.h"

namespace kd {
namespace {

std::string text_of(const RowRanges& part) {
  std::string text;
  for (const auto& range : part) text += bytes_of(range);
  return text;
}

QueuedBatch letters(std::string_view rows) {
  RowBatch batch;
  for (const auto letter : rows) {
    batch.row_starts.push_back(static_cast<std::uint32_t>(batch.bytes.size()));
    batch.bytes.push_back(letter);
  }
  return queued(std::move(batch));
}

std::string take_all(WritePlan& plan) {
  std::string text;
  for (; !plan.done(); plan.stored()) text += (text.empty() ? "" : "|") + text_of(plan.part());
  return text;
}

TEST(WritePlanTest, StoresAllRowsInOrderWithinTheBounds) {
  std::vector<QueuedBatch> batches{letters("abc"), letters(""), letters("defgh")};
  WritePlan by_rows(batches, {.rows = 4, .bytes = 100});
  EXPECT_EQ(take_all(by_rows), "abcd|efgh");
  WritePlan by_bytes(batches, {.rows = 100, .bytes = 3});
  EXPECT_EQ(take_all(by_bytes), "abc|de|fgh");
}

TEST(WritePlanTest, ARowAboveTheBoundGoesAlone) {
  std::vector<QueuedBatch> batches{queued(test_rows(3, 50))};
  WritePlan plan(batches, {.rows = 100, .bytes = 20});
  EXPECT_EQ(plan.part().size(), 1U);
  EXPECT_EQ(rows_in(plan.part()), 1U);
}

TEST(WritePlanTest, FindsTheRowAtFaultAndStoresTheOthersInOrder) {
  std::vector<QueuedBatch> batches{letters("ab"), letters("cdX"), letters("ef")};
  WritePlan plan(batches, {.rows = 100, .bytes = 100});
  std::string stored;
  std::string rejected;
  while (!plan.done()) {
    const auto text = text_of(plan.part());
    if (text.find('X') == std::string::npos) {
      stored += text;
    } else if (plan.refused()) {
      rejected += text;
    } else {
      continue;
    }
    plan.stored();
  }
  EXPECT_EQ(stored, "abcdef");
  EXPECT_EQ(rejected, "X");
}

TEST(WritePlanTest, RowsBeforeTheFirstOfABatchAreStoredAlready) {
  std::vector<QueuedBatch> batches{letters("abc")};
  batches[0].first_row = 2;
  WritePlan plan(batches, {.rows = 100, .bytes = 100});
  EXPECT_EQ(take_all(plan), "c");
}

TEST(WritePlanTest, KnowsTheSpillPlaceBehindEveryPartToTheRow) {
  std::vector<QueuedBatch> batches{letters("ab"), letters("cde")};
  batches[0].spilled = {.file_id = 7, .rows_offset = 100, .end = 102};
  batches[1].spilled = {.file_id = 7, .rows_offset = 150, .end = 153};
  WritePlan plan(batches, {.rows = 3, .bytes = 100});
  EXPECT_EQ(plan.place_behind_part(), (SpillPlace{7, 151}));
  plan.stored();
  EXPECT_EQ(plan.place_behind_part(), (SpillPlace{7, 153}));
}

TEST(WritePlanTest, WhatCameFromMemoryHasNoPlace) {
  std::vector<QueuedBatch> batches{letters("ab")};
  const WritePlan plan(batches, {.rows = 3, .bytes = 100});
  EXPECT_EQ(plan.place_behind_part(), std::nullopt);
}

TEST(WritePlanTest, TheRestIsWhatIsNotStoredInOrder) {
  std::vector<QueuedBatch> batches{letters("abcdef")};
  WritePlan plan(batches, {.rows = 2, .bytes = 100});
  plan.stored();
  std::string rest;
  for (const auto& part : plan.rest()) rest += text_of(part) + "|";
  EXPECT_EQ(rest, "cd|ef|");
}

}  // namespace
}  // namespace kd
