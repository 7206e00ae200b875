#include "codec/tape_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace kd {
namespace {

using std::chrono::microseconds;

std::vector<TapeRecord> read_all(std::string_view raw, bool& complete) {
  TapeRecordReader reader(raw);
  std::vector<TapeRecord> records;
  for (TapeRecord record; reader.next(record);) records.push_back(record);
  complete = reader.complete();
  return records;
}

std::string encode(const std::vector<TapeRecord>& records) {
  TapeRecordWriter writer;
  std::string raw;
  for (const auto& record : records) writer.append(raw, record);
  return raw;
}

TapeRecord frame_at(std::int64_t wall_us, std::int64_t mono_us, std::string_view text) {
  return {.kind = TapeKind::kFrame,
          .connection = 149,
          .wall = micros_from_us(wall_us),
          .mono = microseconds(mono_us),
          .text = text};
}

TEST(TapeRecordTest, ComesBackAsItWas) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  const std::string big(300'000, 'x');
  const std::vector<TapeRecord> records{
      {TapeKind::kOpened, 0, micros_from_us(1'786'408'242'000'000), microseconds(5), "trade"},
      frame_at(1'786'408'242'000'001, 6, "{}"),
      frame_at(1'786'408'241'000'000, 6, ""),  // the wall clock stepped back
      frame_at(kMost, kLeast, big),
      frame_at(kLeast, kMost, std::string_view("\0\xff", 2)),
      {TapeKind::kClosed, std::numeric_limits<std::int32_t>::max(), {}, {}, "cut"},
  };
  bool complete = false;
  EXPECT_EQ(read_all(encode(records), complete), records);
  EXPECT_TRUE(complete);
}

TEST(TapeRecordTest, CostsAFewBytesBesideItsText) {
  std::string raw = encode({frame_at(1'786'408'242'000'000, 77'000'000'000, "")});
  const auto first = raw.size();
  TapeRecordWriter writer;
  raw.clear();
  writer.append(raw, frame_at(1'786'408'242'000'000, 77'000'000'000, ""));
  writer.append(raw, frame_at(1'786'408'242'000'040, 77'000'000'040, ""));
  EXPECT_EQ(raw.size() - first, 6U);  // kind, two of connection 149, wall, mono, length
}

TEST(TapeRecordTest, CutAnywhereGivesWhatIsWholeBeforeIt) {
  const std::vector<TapeRecord> records{frame_at(1'000, 1, "one"), frame_at(2'000, 2, "two")};
  const auto raw = encode(records);
  const auto first = encode({records[0]}).size();
  for (std::size_t cut = 0; cut < raw.size(); ++cut) {
    bool complete = false;
    const auto read = read_all(raw.substr(0, cut), complete);
    EXPECT_EQ(read.size(), cut >= first ? 1U : 0U) << cut;
    EXPECT_EQ(complete, cut == 0 || cut == first) << cut;
  }
}

TEST(TapeRecordTest, KeepsAKindOfALaterVersion) {
  bool complete = false;
  const std::string raw("\x63\x00\x02\x02\x01x", 6);
  const auto read = read_all(raw, complete);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(name_of(read[0].kind), "unknown");
  EXPECT_TRUE(complete);
}

TEST(TapeRecordTest, RefusesNumbersThatAreTooLong) {
  bool complete = true;
  const std::string endless(16, '\xff');
  EXPECT_TRUE(read_all("\x01" + endless, complete).empty());
  EXPECT_FALSE(complete);
  const std::string no_connection("\x01\xff\xff\xff\xff\x08\x02\x02\x00", 9);  // 2^31 and more
  EXPECT_TRUE(read_all(no_connection, complete).empty());
}

}  // namespace
}  // namespace kd
