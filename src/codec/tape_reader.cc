#include "codec/tape_reader.h"

namespace kd {

Expected<TapeReader> TapeReader::open(std::string_view bytes, Times times) {
  KD_TRY(auto blocks, TapeSegmentReader::open(bytes, TapeSegmentReader::Check::kEverything));
  return TapeReader(std::move(blocks), times);
}

bool TapeReader::next(TapeRecord& record) {
  do {
    while (next_in_block(record)) {
      if (times_.contains(record.wall)) return true;
    }
  } while (next_block());
  return false;
}

bool TapeReader::next_in_block(TapeRecord& record) {
  if (records_.next(record)) {
    ++read_;
    return true;
  }
  if (!records_.complete() || read_ != block_.header.records) {
    blocks_.add_damage(block_, "a block's records are not those that its header counts");
  }
  records_ = TapeRecordReader({});
  read_ = block_.header.records;
  return false;
}

bool TapeReader::next_block() {
  while (blocks_.next(block_)) {
    if (!wanted(block_.header)) continue;
    const auto raw = decompressor_->raw(block_.header, block_.compressed);
    if (!raw) {
      blocks_.add_damage(block_, "a block's contents do not decompress");
      continue;
    }
    ++whole_blocks_;
    records_ = TapeRecordReader(*raw);
    read_ = 0;
    return true;
  }
  block_.header.records = read_ = 0;
  return false;
}

bool TapeReader::wanted(const TapeBlockHeader& header) const {
  return (!times_.from || header.latest >= *times_.from) &&
         (!times_.to || header.earliest < *times_.to);
}

}  // namespace kd
