#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/table.h"
#include "writer/queued_batch.h"

namespace kd {

// The format of a spill file, <table>-<file id>.spill: a file header and records, one behind the
// other. All numbers are little-endian; a CRC is CRC-32 as of zlib.
//
//   file header, 48 bytes
//     0  "KDSPILL1"
//     8  i64 file id (20 decimal digits in the name, so that names sort)
//    16  the table's name, padded with zeros to 24 bytes
//    40  u32 CRC of bytes 0 to 39;  44  u32 zero
//   record header, 64 bytes
//     0  "KDRB";  4  u32 CRC of bytes 8 to 63;  8  u32 CRC of the body
//    12  u32 rows;  16  u32 bytes of all rows;  20  u32 latency samples
//    24  i64 oldest and  32  i64 newest time of the exchange of any row, µs
//    40  i64 newest sending time, µs, 0: none
//    48  u64 number of the last row among all pushed to the table by the process that wrote it
//    56  i64 last position of a transaction that may have stored the rows, 0: none
//   record body
//     u32 offset of each row; i64 of each latency sample (time of the exchange, µs);
//     the rows as COPY binary, position not yet filled in
//
// Worked example, a record of one row "abc" at exchange time 7, the 9th row of its process:
//   4b445242 a6ba5b97 ae470957 01000000 03000000 00000000 0700000000000000 0700000000000000
//   0000000000000000 0900000000000000 0000000000000000 00000000 616263
//
// A file may end in the middle of a record: the process was killed, or the power was cut.
inline constexpr std::size_t kSpillFileHeaderBytes = 48;
inline constexpr std::size_t kSpillRecordHeaderBytes = 64;

std::string spill_file_name(Table table, std::int64_t file_id);
// nullopt: not the name of a spill file of that table.
std::optional<std::int64_t> spill_file_id(Table table, std::string_view name);

std::vector<char> spill_file_header(Table table, std::int64_t file_id);

// Rows of one batch as a record, behind what `out` holds; several, when they are many bytes.
void append_spill_record(std::vector<char>& out, const QueuedBatch& batch);

// Rows [first, last) of a batch.
struct RowSlice {
  std::size_t first = 0;
  std::size_t last = 0;
};
void append_spill_record(std::vector<char>& out, const QueuedBatch& batch, RowSlice slice,
                         std::int64_t in_doubt_position);

struct SpillRecord {
  std::uint32_t body_crc = 0;
  std::uint32_t rows = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t samples = 0;
  std::int64_t oldest_exchange_us = 0;
  std::int64_t newest_exchange_us = 0;
  std::int64_t newest_sending_us = 0;
  std::uint64_t last_row = 0;
  std::int64_t in_doubt_position = 0;

  std::int64_t rows_offset() const;  // of the rows, from the record's beginning
  std::int64_t body_bytes() const;
};
// nullopt: these are not the first 64 bytes of a record.
std::optional<SpillRecord> read_spill_record(std::string_view header);
// nullopt: the body is damaged. `spilled` and `first_row` are the caller's.
std::optional<QueuedBatch> read_spill_body(const SpillRecord& record, std::string_view body);

}  // namespace kd
