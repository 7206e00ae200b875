#include "writer/spill_record.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "writer/test_rows.h"

namespace kd {
namespace {

std::string_view text_of(const std::vector<char>& bytes) { return {bytes.data(), bytes.size()}; }

QueuedBatch one_row(std::string_view row) {
  RowBatch batch;
  batch.row_starts.push_back(0);
  batch.bytes.assign(row.begin(), row.end());
  batch.widen_exchange_time(7);
  return queued(std::move(batch), 9);
}

TEST(SpillRecordTest, TheWorkedExampleIsRight) {
  std::vector<char> record;
  append_spill_record(record, one_row("abc"));
  std::string hex;
  for (const auto byte : record) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  EXPECT_EQ(hex,
            "4b445242"
            "a6ba5b97"
            "ae470957"
            "01000000"
            "03000000"
            "00000000"
            "0700000000000000"
            "0700000000000000"
            "0000000000000000"
            "0900000000000000"
            "0000000000000000"
            "00000000"
            "616263");
}

TEST(SpillRecordTest, NamesSortByTheirId) {
  const auto name = spill_file_name(Table::kTrades, 1'795'356'000'000'000);
  EXPECT_EQ(name, "trades-00001795356000000000.spill");
  EXPECT_EQ(spill_file_id(Table::kTrades, name), 1'795'356'000'000'000);
  EXPECT_EQ(spill_file_id(Table::kTickers, name), std::nullopt);
  EXPECT_EQ(spill_file_id(Table::kTrades, "trades-7x.spill"), std::nullopt);
}

TEST(SpillRecordTest, GivesBackWhatItTook) {
  auto batch = queued(test_rows(20, 33, 5'000), 120);
  batch.rows.exchange_us = {5'000, 5'001};
  batch.rows.newest_sending_us = 6'000;
  std::vector<char> bytes;
  append_spill_record(bytes, batch, {0, 20}, 77);
  const auto record = read_spill_record(text_of(bytes));
  ASSERT_TRUE(record);
  const auto back = read_spill_body(*record, text_of(bytes).substr(kSpillRecordHeaderBytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->rows.bytes, batch.rows.bytes);
  EXPECT_EQ(back->rows.row_starts, batch.rows.row_starts);
  EXPECT_EQ(back->rows.exchange_us, batch.rows.exchange_us);
  EXPECT_EQ(back->rows.oldest_exchange_us, 5'000);
  EXPECT_EQ(back->rows.newest_exchange_us, 5'000);
  EXPECT_EQ(back->rows.newest_sending_us, 6'000);
  EXPECT_EQ(back->last_row, 120U);
  EXPECT_EQ(back->in_doubt_position, 77);
  EXPECT_EQ(static_cast<std::size_t>(record->rows_offset()) + batch.rows.bytes.size(),
            bytes.size());
}

TEST(SpillRecordTest, ManyBytesBecomeSeveralRecordsThatCountTheirRows) {
  const auto batch = queued(test_rows(8, 100'000), 108);
  std::vector<char> bytes;
  append_spill_record(bytes, batch);
  auto rest = text_of(bytes);
  std::vector<std::uint64_t> last_rows;
  std::size_t rows = 0;
  while (const auto record = read_spill_record(rest)) {
    rest.remove_prefix(kSpillRecordHeaderBytes);
    const auto body = static_cast<std::size_t>(record->body_bytes());
    ASSERT_TRUE(read_spill_body(*record, rest.substr(0, body)));
    rest.remove_prefix(body);
    rows += record->rows;
    last_rows.push_back(record->last_row);
  }
  EXPECT_EQ(rows, 8U);
  EXPECT_GT(last_rows.size(), 2U);
  EXPECT_EQ(last_rows.front(), 102U);
  EXPECT_EQ(last_rows.back(), 108U);
  EXPECT_TRUE(rest.empty());
}

TEST(SpillRecordTest, SeesEveryFlippedBit) {
  std::vector<char> whole;
  append_spill_record(whole, one_row("abc"));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto record = read_spill_record(text_of(bytes));
    if (!record) continue;
    EXPECT_FALSE(read_spill_body(*record, text_of(bytes).substr(kSpillRecordHeaderBytes)))
        << "bit " << bit;
  }
}

TEST(SpillRecordTest, AnUnfinishedHeaderIsNone) {
  std::vector<char> bytes;
  append_spill_record(bytes, one_row("abc"));
  for (std::size_t size = 0; size < kSpillRecordHeaderBytes; ++size) {
    EXPECT_FALSE(read_spill_record(text_of(bytes).substr(0, size)));
  }
}

}  // namespace
}  // namespace kd
