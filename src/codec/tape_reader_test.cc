#include "codec/tape_reader.h"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kStartUs = 1'786'408'242'000'000;

TapeRecord frame(int number, std::string_view text) {
  return {.kind = TapeKind::kFrame,
          .connection = 1,
          .wall = micros_from_us(kStartUs + number),
          .mono = std::chrono::microseconds(number),
          .text = text};
}

std::string block_of(const std::vector<TapeRecord>& records) {
  TapeRecordWriter writer;
  std::string raw;
  for (const auto& record : records) writer.append(raw, record);
  TapeCompressor compressor;
  const auto count = static_cast<std::uint32_t>(records.size());
  return std::string(compressor.block({.compressed_bytes = 0,
                                       .raw_bytes = 0,
                                       .records = count,
                                       .frames = count,
                                       .lane = 0,
                                       .earliest = records.front().wall,
                                       .latest = records.back().wall},
                                      raw));
}

const TapeSegmentHeader kHeader{.gatherer_id = "g-1", .start = micros_from_us(kStartUs)};

struct Segment {
  std::string bytes = encode_tape_header(kHeader);
  std::vector<std::size_t> ends{bytes.size()};  // of the header and of each block

  void add(const std::vector<TapeRecord>& records) {
    bytes += block_of(records);
    ends.push_back(bytes.size());
  }
};

Segment three_blocks() {
  Segment segment;
  segment.add({frame(0, "a"), frame(1, "b")});
  segment.add({frame(2, "c")});
  segment.add({frame(3, "d"), frame(4, "e")});
  return segment;
}

struct Read {
  std::vector<std::string> texts;
  std::vector<TapeDamage> damage;
  std::size_t torn_bytes = 0;
  std::uint64_t whole_blocks = 0;
};

Read read(std::string_view bytes, TapeReader::Times times = {}) {
  auto reader = TapeReader::open(bytes, times);
  Read result;
  if (!reader) {
    result.texts.push_back(reader.error().what);
    return result;
  }
  for (TapeRecord record; reader->next(record);) result.texts.emplace_back(record.text);
  result.damage = reader->damage();
  result.torn_bytes = reader->torn_bytes();
  result.whole_blocks = reader->whole_blocks();
  return result;
}

TEST(TapeReaderTest, GivesBackEveryRecordInOrder) {
  const auto segment = three_blocks();
  auto reader = TapeReader::open(segment.bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->header(), kHeader);
  const auto got = read(segment.bytes);
  EXPECT_THAT(got.texts, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(got.whole_blocks, 3U);
  EXPECT_THAT(got.damage, IsEmpty());
  EXPECT_EQ(got.torn_bytes, 0U);
}

TEST(TapeReaderTest, CutAnywhereReadsEveryWholeBlockAndCountsTheTornTail) {
  const auto segment = three_blocks();
  constexpr std::array<std::size_t, 4> kTexts{0, 2, 3, 5};
  for (std::size_t cut = 0; cut <= segment.bytes.size(); ++cut) {
    const auto got = read(std::string_view(segment.bytes).substr(0, cut));
    std::size_t whole = 0;
    while (whole < 3 && segment.ends[whole + 1] <= cut) ++whole;
    EXPECT_EQ(got.whole_blocks, whole) << cut;
    EXPECT_EQ(got.texts.size(), kTexts[whole]) << cut;
    EXPECT_THAT(got.damage, IsEmpty()) << cut;
    EXPECT_EQ(got.torn_bytes, cut < segment.ends[0] ? cut : cut - segment.ends[whole]) << cut;
  }
}

TEST(TapeReaderTest, AByteThatChangedCostsItsBlockAndIsReported) {
  const auto segment = three_blocks();
  for (std::size_t at = segment.ends[0]; at < segment.bytes.size(); ++at) {
    auto bytes = segment.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    const auto got = read(bytes);
    EXPECT_EQ(got.whole_blocks, 2U) << at;
    ASSERT_EQ(got.damage.size(), 1U) << at;
    std::size_t block = 0;
    while (segment.ends[block + 1] <= at) ++block;
    EXPECT_EQ(got.damage[0].offset, segment.ends[block]) << at;
    EXPECT_EQ(got.damage[0].bytes, segment.ends[block + 1] - segment.ends[block]) << at;
    EXPECT_EQ(got.torn_bytes, 0U) << at;
  }
}

TEST(TapeReaderTest, AChangedByteOfTheHeaderRefusesTheFile) {
  const auto segment = three_blocks();
  for (std::size_t at = 0; at < segment.ends[0]; ++at) {
    auto bytes = segment.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    EXPECT_FALSE(TapeReader::open(bytes)) << at;
  }
}

TEST(TapeReaderTest, StrayBytesBetweenBlocksArePassedOver) {
  auto segment = three_blocks();
  segment.bytes.insert(segment.ends[1],
                       "KDBK but no block, or so it seems to be for a while: KDBK");
  const auto got = read(segment.bytes);
  EXPECT_THAT(got.texts, ElementsAre("a", "b", "c", "d", "e"));
  ASSERT_EQ(got.damage.size(), 1U);
  EXPECT_EQ(got.damage[0].offset, segment.ends[1]);
  EXPECT_EQ(got.damage[0].bytes, 57U);
}

TEST(TapeReaderTest, ZerosAtTheEndAreATornTail) {
  auto segment = three_blocks();
  segment.bytes.append(4096, '\0');
  const auto got = read(segment.bytes);
  EXPECT_EQ(got.texts.size(), 5U);
  EXPECT_EQ(got.torn_bytes, 4096U);
  EXPECT_THAT(got.damage, IsEmpty());
}

TEST(TapeReaderTest, GivesOnlyTheTimesAskedFor) {
  const auto segment = three_blocks();
  const TapeReader::Times times{.from = micros_from_us(kStartUs + 1),
                                .to = micros_from_us(kStartUs + 3)};
  const auto got = read(segment.bytes, times);
  EXPECT_THAT(got.texts, ElementsAre("b", "c"));
  EXPECT_EQ(got.whole_blocks, 2U);
}

TEST(TapeReaderTest, ABlockWhoseRecordsAreNotThoseCountedIsReported) {
  Segment segment;
  TapeRecordWriter writer;
  std::string raw;
  writer.append(raw, frame(0, "a"));
  TapeCompressor compressor;
  segment.bytes += compressor.block({.records = 2}, raw);
  segment.add({frame(1, "b")});
  const auto got = read(segment.bytes);
  EXPECT_THAT(got.texts, ElementsAre("a", "b"));
  ASSERT_EQ(got.damage.size(), 1U);
  EXPECT_THAT(got.damage[0].what, HasSubstr("counts"));
}

TEST(TapeReaderTest, SaysWhatIsNoTapeOrOneOfALaterVersion) {
  EXPECT_THAT(read("PAR1 is something else").texts, ElementsAre(HasSubstr("no tape segment")));
  auto later = encode_tape_header(kHeader);
  later[8] = 2;
  EXPECT_THAT(read(later).texts, ElementsAre(HasSubstr("version 2")));
}

// The lines of the page's hex dump, "00000010: 80 30 …  text".
std::string documented_bytes() {
  std::ifstream page(KD_SOURCE_DIR "/docs/kalshi-data/tape/README.md");
  const std::regex line_of_dump("[0-9a-f]{8}:((?: [0-9a-f]{2})+)  .*");
  std::string bytes;
  std::smatch parts;
  for (std::string line; std::getline(page, line);) {
    if (!std::regex_match(line, parts, line_of_dump)) continue;
    std::istringstream hex(parts[1]);
    for (unsigned byte = 0; hex >> std::hex >> byte;) bytes += static_cast<char>(byte);
  }
  return bytes;
}

TEST(TapeReaderTest, ReadsTheDocumentedExample) {
  const auto bytes = documented_bytes();
  auto reader = TapeReader::open(bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->header(), kHeader);
  TapeRecord record;
  ASSERT_TRUE(reader->next(record));
  const auto start = micros_from_us(kStartUs);
  using std::chrono::microseconds;
  EXPECT_EQ(record, (TapeRecord{TapeKind::kOpened, 7, start, microseconds(5'000'000), "trade"}));
  ASSERT_TRUE(reader->next(record));
  EXPECT_EQ(record, (TapeRecord{TapeKind::kFrame, 7, start + microseconds(1'500),
                                microseconds(5'001'500), R"({"type":"ok"})"}));
  EXPECT_FALSE(reader->next(record));
  EXPECT_THAT(reader->damage(), IsEmpty());
  EXPECT_EQ(reader->torn_bytes(), 0U);
}

TEST(TapeSegmentReaderTest, CountsFromTheHeadersAlone) {
  auto segment = three_blocks();
  segment.bytes[segment.ends[0] + kTapeBlockHeaderBytes] ^= 1;  // contents, not looked at
  auto reader = TapeSegmentReader::open(segment.bytes, TapeSegmentReader::Check::kHeaders);
  ASSERT_TRUE(reader);
  std::uint32_t frames = 0;
  for (TapeSegmentReader::Block block; reader->next(block);) frames += block.header.frames;
  EXPECT_EQ(frames, 5U);
  EXPECT_THAT(reader->damage(), IsEmpty());
}

}  // namespace
}  // namespace kd
