#include "writer/spill_record.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <system_error>

#include "base/crc32.h"

namespace kd {
namespace {

static_assert(std::endian::native == std::endian::little, "spill files hold memory as it is");

constexpr std::string_view kSuffix = ".spill";
constexpr std::string_view kRecordMagic = "KDRB";
constexpr std::size_t kCrcAt = 4;
constexpr std::size_t kFieldsAt = 8;
constexpr std::size_t kBodyCrcAt = 8;
// Small enough to be read back under any sensible writers.memory_limit.
constexpr std::size_t kMostRowBytes = 256 << 10;

template <typename T>
void put(std::vector<char>& out, const T& value) {
  const auto at = out.size();
  out.resize(at + sizeof(value));
  std::memcpy(out.data() + at, &value, sizeof(value));
}

template <typename T>
void put_at(std::vector<char>& out, std::size_t at, const T& value) {
  std::memcpy(out.data() + at, &value, sizeof(value));
}

template <typename T>
T take(std::string_view& bytes) {
  T value;
  bytes.copy(reinterpret_cast<char*>(&value), sizeof(value));
  bytes.remove_prefix(sizeof(value));
  return value;
}

template <typename T>
void take_all(std::string_view& bytes, std::size_t count, std::vector<T>& out) {
  out.resize(count);
  bytes.copy(reinterpret_cast<char*>(out.data()), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
}

void put_body(std::vector<char>& out, const RowBatch& rows, RowSlice slice, std::size_t samples) {
  const auto begin = offset_of(rows, slice.first);
  for (auto row = slice.first; row < slice.last; ++row) {
    put(out, static_cast<std::uint32_t>(offset_of(rows, row) - begin));
  }
  for (std::size_t i = 0; i < samples; ++i) put(out, rows.exchange_us[i]);
  const auto* bytes = rows.bytes.data();
  out.insert(out.end(), bytes + begin, bytes + offset_of(rows, slice.last));
}

void put_record(std::vector<char>& out, const QueuedBatch& batch, RowSlice slice,
                std::int64_t in_doubt_position) {
  const auto& rows = batch.rows;
  // The samples go with the first rows: whose they are is of no interest.
  const auto samples = slice.first == batch.first_row ? rows.exchange_us.size() : 0;
  const auto behind = rows.rows() - slice.last;
  const auto begin = out.size();
  out.insert(out.end(), kRecordMagic.begin(), kRecordMagic.end());
  put(out, std::uint64_t{0});  // both CRCs
  put(out, static_cast<std::uint32_t>(slice.last - slice.first));
  put(out, static_cast<std::uint32_t>(offset_of(rows, slice.last) - offset_of(rows, slice.first)));
  put(out, static_cast<std::uint32_t>(samples));
  put(out, rows.oldest_exchange_us);
  put(out, rows.newest_exchange_us);
  put(out, rows.newest_sending_us);
  put(out, batch.last_row > behind ? batch.last_row - behind : std::uint64_t{0});
  put(out, in_doubt_position);
  put_body(out, rows, slice, samples);
  const std::string_view all(out.data() + begin, out.size() - begin);
  put_at(out, begin + kBodyCrcAt, crc32(all.substr(kSpillRecordHeaderBytes)));
  put_at(out, begin + kCrcAt, crc32(all.substr(kFieldsAt, kSpillRecordHeaderBytes - kFieldsAt)));
}

bool rows_fit(const std::vector<std::uint32_t>& starts, std::size_t bytes) {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (i == 0 ? starts[i] != 0 : starts[i] <= starts[i - 1]) return false;
  }
  return starts.empty() || starts.back() < bytes;
}

}  // namespace

std::string spill_file_name(Table table, std::int64_t file_id) {
  return fmt::format("{}-{:020}{}", name_of(table), file_id, kSuffix);
}

std::optional<std::int64_t> spill_file_id(Table table, std::string_view name) {
  const auto prefix = fmt::format("{}-", name_of(table));
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return {};
  name.remove_prefix(prefix.size());
  name.remove_suffix(kSuffix.size());
  std::int64_t id = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), id);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return {};
  return id;
}

std::vector<char> spill_file_header(Table table, std::int64_t file_id) {
  constexpr std::string_view kMagic = "KDSPILL1";
  constexpr std::size_t kNameEnd = 40;
  std::vector<char> out(kMagic.begin(), kMagic.end());
  put(out, file_id);
  const auto name = name_of(table);
  out.insert(out.end(), name.begin(), name.end());
  out.resize(kNameEnd);
  put(out, crc32({out.data(), kNameEnd}));
  out.resize(kSpillFileHeaderBytes);
  return out;
}

void append_spill_record(std::vector<char>& out, const QueuedBatch& batch) {
  append_spill_record(out, batch, {batch.first_row, batch.rows.rows()}, 0);
}

void append_spill_record(std::vector<char>& out, const QueuedBatch& batch, RowSlice slice,
                         std::int64_t in_doubt_position) {
  while (slice.first < slice.last) {
    const auto begin = offset_of(batch.rows, slice.first);
    auto last = slice.last;
    while (last > slice.first + 1 && offset_of(batch.rows, last) - begin > kMostRowBytes) {
      last = slice.first + (last - slice.first) / 2;
    }
    put_record(out, batch, {slice.first, last}, in_doubt_position);
    slice.first = last;
  }
}

std::int64_t SpillRecord::rows_offset() const {
  return static_cast<std::int64_t>(kSpillRecordHeaderBytes + rows * sizeof(std::uint32_t) +
                                   samples * sizeof(std::int64_t));
}

std::int64_t SpillRecord::body_bytes() const {
  return rows_offset() - static_cast<std::int64_t>(kSpillRecordHeaderBytes) + row_bytes;
}

std::optional<SpillRecord> read_spill_record(std::string_view header) {
  if (header.size() < kSpillRecordHeaderBytes || !header.starts_with(kRecordMagic)) return {};
  auto fields = header.substr(kCrcAt, kSpillRecordHeaderBytes - kCrcAt);
  if (take<std::uint32_t>(fields) != crc32(fields)) return {};
  SpillRecord record;
  record.body_crc = take<std::uint32_t>(fields);
  record.rows = take<std::uint32_t>(fields);
  record.row_bytes = take<std::uint32_t>(fields);
  record.samples = take<std::uint32_t>(fields);
  record.oldest_exchange_us = take<std::int64_t>(fields);
  record.newest_exchange_us = take<std::int64_t>(fields);
  record.newest_sending_us = take<std::int64_t>(fields);
  record.last_row = take<std::uint64_t>(fields);
  record.in_doubt_position = take<std::int64_t>(fields);
  return record;
}

std::optional<QueuedBatch> read_spill_body(const SpillRecord& record, std::string_view body) {
  if (body.size() != static_cast<std::size_t>(record.body_bytes())) return {};
  if (crc32(body) != record.body_crc) return {};
  QueuedBatch batch;
  take_all(body, record.rows, batch.rows.row_starts);
  take_all(body, record.samples, batch.rows.exchange_us);
  batch.rows.bytes.assign(body.begin(), body.end());
  if (!rows_fit(batch.rows.row_starts, batch.rows.bytes.size())) return {};
  batch.rows.oldest_exchange_us = record.oldest_exchange_us;
  batch.rows.newest_exchange_us = record.newest_exchange_us;
  batch.rows.newest_sending_us = record.newest_sending_us;
  batch.last_row = record.last_row;
  batch.in_doubt_position = record.in_doubt_position;
  return batch;
}

}  // namespace kd
