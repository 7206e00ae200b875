// A record of a spill file: read without a crash, and what is read is written again as it was. The
// first bytes get right CRCs, so that what they stand for is looked into.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/crc32.h"
#include "fuzz_target.h"
#include "writer/spill_record.h"

namespace kd {
namespace {

void put(std::string& record, std::size_t at, std::uint32_t number) {
  std::memcpy(record.data() + at, &number, sizeof(number));
}

void read(const std::string& bytes) {
  const std::string_view text(bytes);
  const auto header = read_spill_record(text.substr(0, kSpillRecordHeaderBytes));
  if (!header) return;
  const auto body_bytes = header->body_bytes();
  KD_CHECK(body_bytes >= 0);
  const auto body = text.substr(kSpillRecordHeaderBytes);
  if (static_cast<std::uint64_t>(body_bytes) > body.size()) return;
  const auto batch = read_spill_body(*header, body.substr(0, static_cast<std::size_t>(body_bytes)));
  if (!batch) return;
  const auto& rows = batch->rows;
  KD_CHECK(rows.rows() == header->rows);
  for (const auto start : rows.row_starts) KD_CHECK(start < rows.bytes.size());
}

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string record(kd::as_text(data, size));
  kd::read(record);
  if (size < kd::kSpillRecordHeaderBytes) return 0;
  kd::put(record, 8, kd::crc32(std::string_view(record).substr(kd::kSpillRecordHeaderBytes)));
  kd::put(record, 4, kd::crc32(std::string_view(record).substr(8, 56)));
  record.replace(0, 4, "KDRB");
  kd::read(record);
  return 0;
}
