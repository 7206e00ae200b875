#include "codec/tape_segment.h"

#include <algorithm>

#include "base/crc32.h"
#include "codec/tape_bytes.h"

namespace kd {
namespace {

bool begins_like(std::string_view bytes, std::string_view magic) {
  const auto common = std::min(bytes.size(), magic.size());
  return bytes.substr(0, common) == magic.substr(0, common);
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

TapeBlockHeader header_from(std::string_view bytes) {
  namespace t = tape;
  const char* const at = bytes.data();
  return {.compressed_bytes = t::get<std::uint32_t>(at + t::kBlockCompressed),
          .raw_bytes = t::get<std::uint32_t>(at + t::kBlockRaw),
          .records = t::get<std::uint32_t>(at + t::kBlockRecords),
          .frames = t::get<std::uint32_t>(at + t::kBlockFrames),
          .lane = t::get<std::uint32_t>(at + t::kBlockLane),
          .earliest = micros_from_us(t::get<std::int64_t>(at + t::kBlockEarliest)),
          .latest = micros_from_us(t::get<std::int64_t>(at + t::kBlockLatest))};
}

bool plausible(const TapeBlockHeader& header) {
  return header.compressed_bytes > 0 && header.compressed_bytes <= kMostTapeBlockBytes &&
         header.raw_bytes > 0 && header.raw_bytes <= kMostTapeBlockBytes;
}

}  // namespace

Expected<TapeSegmentReader> TapeSegmentReader::open(std::string_view bytes, Check check) {
  namespace t = tape;
  TapeSegmentReader reader(bytes, check);
  if (!begins_like(bytes, t::kSegmentMagic)) {
    return fail(Remedy::kGiveUp, "no tape segment: it does not begin with KDTAPE");
  }
  if (bytes.size() < t::kHeaderBytes) {
    reader.end_torn();
    return reader;
  }
  const auto version = t::get<std::uint32_t>(bytes.data() + t::kHeaderVersion);
  if (version != t::kVersion) {
    return fail(Remedy::kGiveUp, "a tape of version " + std::to_string(version) +
                                     "; this program reads version " + std::to_string(t::kVersion));
  }
  const std::size_t id_bytes = t::get<std::uint32_t>(bytes.data() + t::kHeaderIdBytes);
  const auto crc_at = t::kHeaderBytes + id_bytes;
  if (id_bytes > t::kMostIdBytes) {
    return fail(Remedy::kGiveUp, "the segment's header is damaged: length of the gatherer id");
  }
  if (bytes.size() < crc_at + sizeof(std::uint32_t)) {
    reader.end_torn();
    return reader;
  }
  if (t::get<std::uint32_t>(bytes.data() + crc_at) != crc32(bytes.substr(0, crc_at))) {
    return fail(Remedy::kGiveUp, "the segment's header is damaged: its CRC is wrong");
  }
  reader.header_ = {.gatherer_id = std::string(bytes.substr(t::kHeaderBytes, id_bytes)),
                    .start = micros_from_us(t::get<std::int64_t>(bytes.data() + t::kHeaderStart))};
  reader.at_ = crc_at + sizeof(std::uint32_t);
  return reader;
}

bool TapeSegmentReader::header_at(std::size_t offset, Block& block) const {
  namespace t = tape;
  const auto rest = bytes_.substr(offset);
  if (rest.size() < kTapeBlockHeaderBytes || !rest.starts_with(t::kBlockMagic)) return false;
  const auto crc = t::get<std::uint32_t>(rest.data() + t::kBlockHeaderCrc);
  if (crc != crc32(rest.substr(0, t::kBlockHeaderCrc))) return false;
  block.offset = offset;
  block.header = header_from(rest);
  block.compressed = rest.substr(kTapeBlockHeaderBytes, block.header.compressed_bytes);
  return plausible(block.header);
}

bool TapeSegmentReader::right(const Block& block) const {
  if (check_ == Check::kHeaders) return true;
  const auto crc = tape::get<std::uint32_t>(bytes_.data() + block.offset + tape::kBlockDataCrc);
  return crc == crc32(block.compressed);
}

bool TapeSegmentReader::next(Block& block) {
  while (at_ < bytes_.size()) {
    if (!header_at(at_, block)) {
      pass_over_what_is_no_block();
      continue;
    }
    if (block.compressed.size() < block.header.compressed_bytes) {
      end_torn();
      continue;
    }
    at_ = block.end();
    if (right(block)) return true;
    add_damage(block, "the CRC of a block's contents is wrong");
  }
  return false;
}

void TapeSegmentReader::add_damage(const Block& block, std::string_view what) {
  damage_.push_back({.offset = block.offset, .bytes = block.end() - block.offset, .what = what});
}

void TapeSegmentReader::pass_over_what_is_no_block() {
  Block found;
  auto next = bytes_.find(tape::kBlockMagic, at_ + 1);
  while (next != bytes_.npos && !header_at(next, found)) {
    next = bytes_.find(tape::kBlockMagic, next + 1);
  }
  const auto rest = bytes_.substr(at_);
  const bool cut = rest.size() < kTapeBlockHeaderBytes && begins_like(rest, tape::kBlockMagic);
  if (next == bytes_.npos && (cut || all_zero(rest))) return end_torn();
  const auto until = std::min(next, bytes_.size());
  damage_.push_back({.offset = at_, .bytes = until - at_, .what = "no block stands here"});
  at_ = until;
}

void TapeSegmentReader::end_torn() {
  torn_bytes_ = bytes_.size() - at_;
  at_ = bytes_.size();
}

}  // namespace kd
