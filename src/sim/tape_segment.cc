#include "sim/tape_segment.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace kd::sim {

namespace {

constexpr std::string_view kMagic{"KDTAPE\r\n", 8};
constexpr std::string_view kBlockMagic{"KDBK", 4};
constexpr std::size_t kFixedHeader = 24;
constexpr std::size_t kBlockHeader = 48;
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kMostIdBytes = 256;
constexpr std::uint32_t kMostBlockBytes = 32U << 20;

std::uint32_t little_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string read_at(std::ifstream& in, std::int64_t offset, std::size_t bytes) {
  std::string out(bytes, '\0');
  in.clear();
  in.seekg(offset);
  in.read(out.data(), static_cast<std::streamsize>(bytes));
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out;
}

tl::unexpected<Error> no_segment(const std::string& file, std::string_view why) {
  return fail(Remedy::kGiveUp, fmt::format("{}: {}; it is no segment of a tape", file, why));
}

bool is_block_header(std::string_view header) {
  return header.size() == kBlockHeader && header.starts_with(kBlockMagic) &&
         little_u32(header, 44) == crc_of(header.substr(0, 44)) &&
         little_u32(header, 4) <= kMostBlockBytes && little_u32(header, 8) <= kMostBlockBytes;
}

// The next position from `from` on where a correct block header stands; `size` when there is none.
std::int64_t find_block(std::ifstream& in, std::int64_t from, std::int64_t size) {
  constexpr std::size_t kWindow = 1 << 20;
  while (from < size) {
    const std::string window = read_at(in, from, kWindow);
    for (auto at = window.find(kBlockMagic); at != std::string::npos;
         at = window.find(kBlockMagic, at + 1)) {
      const std::int64_t offset = from + static_cast<std::int64_t>(at);
      if (is_block_header(read_at(in, offset, kBlockHeader))) return offset;
    }
    if (window.size() < kWindow) return size;
    from += static_cast<std::int64_t>(kWindow - kBlockMagic.size());
  }
  return size;
}

}  // namespace

Expected<TapeSegment> index_tape_segment(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string fixed = read_at(in, 0, kFixedHeader);
  if (fixed.size() < kFixedHeader || !fixed.starts_with(kMagic)) {
    return no_segment(file, "its first bytes are others");
  }
  if (little_u32(fixed, 8) != kVersion) return no_segment(file, "unknown version");
  const std::uint32_t id_bytes = little_u32(fixed, 12);
  if (id_bytes > kMostIdBytes) return no_segment(file, "damaged header");
  const std::string header = read_at(in, 0, kFixedHeader + id_bytes + 4);
  if (header.size() != kFixedHeader + id_bytes + 4 ||
      little_u32(header, kFixedHeader + id_bytes) !=
          crc_of(std::string_view(header).substr(0, kFixedHeader + id_bytes))) {
    return no_segment(file, "damaged header");
  }
  TapeSegment segment{header.substr(kFixedHeader, id_bytes), {}, 0};
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file));
  for (auto at = static_cast<std::int64_t>(header.size()); at < size;) {
    const std::string block = read_at(in, at, kBlockHeader);
    const std::int64_t body = at + static_cast<std::int64_t>(kBlockHeader);
    if (is_block_header(block) && body + little_u32(block, 4) <= size) {
      segment.blocks.push_back({file, body, little_u32(block, 4), little_u32(block, 8),
                                little_u32(block, 12), little_u32(block, 20)});
      at = body + little_u32(block, 4);
      continue;
    }
    const std::int64_t found = find_block(in, at + 1, size);
    segment.damaged_bytes += found - at;
    at = found;
  }
  return segment;
}

Expected<TapeBlockReader> TapeBlockReader::open(const TapeBlock& block) {
  const auto damaged = [&] {
    return fail(Remedy::kDropItem,
                fmt::format("{}: the block at byte {} is damaged", block.file, block.offset));
  };
  std::ifstream in(block.file, std::ios::binary);
  const std::string header =
      read_at(in, block.offset - static_cast<std::int64_t>(kBlockHeader), kBlockHeader);
  const std::string packed = read_at(in, block.offset, block.compressed_bytes);
  if (packed.size() != block.compressed_bytes || !is_block_header(header) ||
      little_u32(header, 40) != crc_of(packed)) {
    return damaged();
  }
  std::string raw(block.raw_bytes, '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != raw.size()) return damaged();
  return TapeBlockReader(std::move(raw), block.records);
}

Expected<std::uint64_t> TapeBlockReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at_ < raw_.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(raw_[at_++]);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return fail(Remedy::kDropItem, "a block of the tape holds less than it tells");
}

Expected<std::int64_t> TapeBlockReader::zigzag() {
  KD_TRY(const std::uint64_t value, varint());
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

Expected<TapeRecord> TapeBlockReader::next() {
  if (at_ == raw_.size()) left_ = 0;
  TapeRecord record{};
  if (left_ > 0) record.kind = static_cast<TapeKind>(raw_[at_++]);
  KD_TRY(record.connection, varint());
  KD_TRY(const std::int64_t wall, zigzag());
  KD_TRY(const std::int64_t mono, zigzag());
  KD_TRY(const std::uint64_t length, varint());
  if (length > raw_.size() - at_) {
    return fail(Remedy::kDropItem, "a record of the tape reaches behind its block");
  }
  record.wall_us = wall_us_ += wall;
  record.mono_us = mono_us_ += mono;
  record.text = std::string_view(raw_).substr(at_, length);
  at_ += length;
  --left_;
  return record;
}

}  // namespace kd::sim
