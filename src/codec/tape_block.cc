#include "codec/tape_block.h"

#include <zstd.h>

#include "base/check.h"
#include "base/crc32.h"
#include "codec/frame_decoder.h"
#include "codec/tape_bytes.h"

namespace kd {
namespace {

// Level 1 on blocks of 256 KiB: higher levels are slower and, on this traffic, no smaller.
constexpr int kLevel = 1;

void put_header(char* at, const TapeBlockHeader& header, std::string_view compressed) {
  namespace t = tape;
  t::put_text(at, t::kBlockMagic);
  t::put(at + t::kBlockCompressed, header.compressed_bytes);
  t::put(at + t::kBlockRaw, header.raw_bytes);
  t::put(at + t::kBlockRecords, header.records);
  t::put(at + t::kBlockFrames, header.frames);
  t::put(at + t::kBlockLane, header.lane);
  t::put(at + t::kBlockEarliest, to_us(header.earliest));
  t::put(at + t::kBlockLatest, to_us(header.latest));
  t::put(at + t::kBlockDataCrc, crc32(compressed));
  t::put(at + t::kBlockHeaderCrc, crc32({at, t::kBlockHeaderCrc}));
}

}  // namespace

std::string encode_tape_header(const TapeSegmentHeader& header) {
  namespace t = tape;
  KD_CHECK(header.gatherer_id.size() <= t::kMostIdBytes);
  std::string out(t::kHeaderBytes, '\0');
  t::put_text(out.data(), t::kSegmentMagic);
  t::put(out.data() + t::kHeaderVersion, t::kVersion);
  t::put(out.data() + t::kHeaderIdBytes, static_cast<std::uint32_t>(header.gatherer_id.size()));
  t::put(out.data() + t::kHeaderStart, to_us(header.start));
  out += header.gatherer_id;
  const auto crc = crc32(out);
  out.resize(out.size() + sizeof(crc));
  t::put(out.data() + out.size() - sizeof(crc), crc);
  return out;
}

struct TapeCompressor::Impl {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::string out;
};

TapeCompressor::TapeCompressor() : impl_(std::make_unique<Impl>()) { KD_CHECK(impl_->context); }
TapeCompressor::~TapeCompressor() = default;

std::string_view TapeCompressor::block(TapeBlockHeader header, std::string_view raw) {
  KD_CHECK(!raw.empty() && raw.size() <= kMostTapeBlockBytes);
  auto& out = impl_->out;
  const auto room = ZSTD_compressBound(raw.size());
  if (out.size() < kTapeBlockHeaderBytes + room) out.resize(kTapeBlockHeaderBytes + room);
  char* const data = out.data() + kTapeBlockHeaderBytes;
  const auto bytes =
      ZSTD_compressCCtx(impl_->context.get(), data, room, raw.data(), raw.size(), kLevel);
  KD_CHECK(ZSTD_isError(bytes) == 0);  // cannot happen with enough room
  header.compressed_bytes = static_cast<std::uint32_t>(bytes);
  header.raw_bytes = static_cast<std::uint32_t>(raw.size());
  put_header(out.data(), header, {data, bytes});
  return {out.data(), kTapeBlockHeaderBytes + bytes};
}

struct TapeDecompressor::Impl {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::string out;
};

TapeDecompressor::TapeDecompressor() : impl_(std::make_unique<Impl>()) { KD_CHECK(impl_->context); }
TapeDecompressor::~TapeDecompressor() = default;

Expected<std::string_view> TapeDecompressor::raw(const TapeBlockHeader& header,
                                                 std::string_view compressed) {
  if (header.raw_bytes == 0 || header.raw_bytes > kMostTapeBlockBytes) {
    return fail(Remedy::kDropItem, "block: raw bytes out of range");
  }
  auto& out = impl_->out;
  const auto padded = header.raw_bytes + kFramePadding;
  if (out.size() < padded) out.resize(padded);
  const auto bytes = ZSTD_decompressDCtx(impl_->context.get(), out.data(), header.raw_bytes,
                                         compressed.data(), compressed.size());
  if (ZSTD_isError(bytes) != 0) {
    return fail(Remedy::kDropItem, std::string("block: ") + ZSTD_getErrorName(bytes));
  }
  if (bytes != header.raw_bytes) {
    return fail(Remedy::kDropItem, "block: fewer raw bytes than its header says");
  }
  return std::string_view(out.data(), bytes);
}

}  // namespace kd
