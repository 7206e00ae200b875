#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "codec/tape_block.h"

namespace kd {

// What of a segment could not be read, and where in the file it stands.
struct TapeDamage {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::string_view what;  // a literal

  friend bool operator==(const TapeDamage&, const TapeDamage&) = default;
};

// Walks over the blocks of a segment that lies in memory. Any bytes are safe.
//
// What is no whole block is passed over, up to the next block whose header is right: `torn` when
// the file ends inside a block or in zeros, as after a kill or a power cut, `damage` otherwise.
// A value; blocks point into the bytes.
class TapeSegmentReader {
 public:
  struct Block {
    std::size_t offset = 0;  // of its header within the file
    TapeBlockHeader header;
    std::string_view compressed;
    std::size_t end() const { return offset + kTapeBlockHeaderBytes + compressed.size(); }
  };
  // kHeaders takes their word for what stands between them and reads nothing else of the file.
  enum class Check : std::uint8_t { kHeaders, kEverything };

  // Refuses bytes that do not begin as a segment does. A file cut within its header is a segment
  // without blocks, without an id and with a torn tail.
  static Expected<TapeSegmentReader> open(std::string_view bytes, Check check);

  const TapeSegmentHeader& header() const { return header_; }
  bool next(Block& block);  // false at the end

  // Complete after next() returned false.
  const std::vector<TapeDamage>& damage() const { return damage_; }
  std::size_t torn_bytes() const { return torn_bytes_; }

  // The caller could not read the contents of `block`.
  void add_damage(const Block& block, std::string_view what);

 private:
  TapeSegmentReader(std::string_view bytes, Check check) : bytes_(bytes), check_(check) {}
  bool header_at(std::size_t offset, Block& block) const;
  bool right(const Block& block) const;
  void pass_over_what_is_no_block();
  void end_torn();

  std::string_view bytes_;
  Check check_;
  TapeSegmentHeader header_;
  std::size_t at_ = 0;
  std::vector<TapeDamage> damage_;
  std::size_t torn_bytes_ = 0;
};

}  // namespace kd
