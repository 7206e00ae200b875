// Tape segments. The first byte says what the others are: a segment; the raw records of a block;
// or the zstd frame of one, which gets a header with right CRCs so that it is looked into.
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/crc32.h"
#include "codec/tape_reader.h"
#include "fuzz_target.h"
#include "tape/segment_name.h"

namespace kd {
namespace {

void read_segment(std::string_view bytes) {
  auto reader = TapeReader::open(bytes);
  if (!reader) return;
  for (TapeRecord record; reader->next(record);) (void)crc32(record.text);  // reads every byte
  std::size_t unread = reader->torn_bytes();
  for (const auto& damage : reader->damage()) {
    KD_CHECK(damage.offset + damage.bytes <= bytes.size());
    unread += damage.bytes;
  }
  KD_CHECK(unread <= bytes.size());
  auto blocks = TapeSegmentReader::open(bytes, TapeSegmentReader::Check::kHeaders);
  for (TapeSegmentReader::Block block; blocks->next(block);) {
    KD_CHECK(block.end() <= bytes.size());
  }
}

// What was read and written again reads the same.
void read_records(std::string_view raw) {
  std::vector<TapeRecord> records;
  TapeRecordReader reader(raw);
  for (TapeRecord record; reader.next(record);) records.push_back(record);
  std::string again;
  TapeRecordWriter writer;
  for (const auto& record : records) writer.append(again, record);
  TapeRecordReader second(again);
  TapeRecord record;
  for (const auto& expected : records) {
    KD_CHECK(second.next(record));
    KD_CHECK(record == expected);
  }
  KD_CHECK(second.complete());
}

void put(std::string& block, std::size_t at, std::uint32_t number) {
  std::memcpy(block.data() + at, &number, sizeof(number));
}

void read_block(std::string_view frame) {
  std::string block(kTapeBlockHeaderBytes, '\0');
  block.replace(0, 4, "KDBK");
  put(block, 4, static_cast<std::uint32_t>(frame.size()));
  put(block, 8, 4096);
  put(block, 40, crc32(frame));
  put(block, 44, crc32(std::string_view(block).substr(0, 44)));
  read_segment(encode_tape_header({.gatherer_id = "g", .start = {}}) + block + std::string(frame));
}

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto rest = kd::as_text(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      kd::read_segment(rest);
      break;
    case 1:
      kd::read_records(rest);
      break;
    case 2:
      kd::read_block(rest);
      break;
    default:
      if (const auto name = kd::SegmentName::parse(rest)) {
        KD_CHECK(kd::SegmentName::parse(name->file_name()) == name);
      }
  }
  return 0;
}
