#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/expected.h"
#include "model/messages.h"

namespace kd {

// Bytes behind a frame that must be readable: the parser reads ahead of its end.
inline constexpr std::size_t kFramePadding = 64;

// Turns one WebSocket text frame into a model value.
//
// Understands today's fields and the integer ones of before March 2026 (`price` in cents, whole
// contracts, `ts` in seconds). Unknown keys are skipped and counted; a missing or malformed
// required field is an error that names it, never a default.
//
// Pure: no I/O, no clock, no logging, no allocation per frame. Reuses its buffers between calls,
// so a Frame is valid until the next call, and each thread has its own decoder.
class FrameDecoder {
 public:
  FrameDecoder();
  ~FrameDecoder();
  FrameDecoder(const FrameDecoder&) = delete;
  FrameDecoder& operator=(const FrameDecoder&) = delete;

  // `json` is followed by kFramePadding readable bytes.
  Expected<Frame> decode(std::string_view json);

  // As far as the last frame could be read, also after an error: a message that cannot be
  // decoded still uses up a seq of its sid.
  const Envelope& envelope() const;
  // The market that the last frame named, also after an error; empty when it named none.
  std::string_view ticker() const;

  std::uint64_t unknown_keys() const;  // since construction

 private:
  struct Impl;  // keeps the JSON library out of this header
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
