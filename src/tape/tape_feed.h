#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "codec/tape_block.h"
#include "codec/tape_record.h"
#include "tape/tape_loss.h"

namespace kd {

// Records on their way to the tape: the contents of one block.
struct TapeBatch {
  std::string raw;
  TapeBlockHeader header;        // all but its sizes
  std::uint64_t text_bytes = 0;  // of all records

  bool empty() const { return header.records == 0; }
  TapeLoss as_loss() const {
    return {
        .frames = header.frames, .bytes = text_bytes, .from = header.earliest, .to = header.latest};
  }
};

// Where one I/O thread leaves what it received, for the tape's thread to fetch. Never waits for
// the disk: the two share a lock that is held for the copy of a record or the swap of a buffer.
// Memory is bounded; what does not fit is counted and told, never silently left out.
class TapeFeed {
 public:
  using MonoTime = std::chrono::steady_clock::time_point;

  struct Options {
    std::uint32_t lane = 0;
    std::size_t block_bytes = 256 << 10;  // of raw records at which a block is full
    std::size_t memory_bytes = 32 << 20;  // of raw records that wait or are being written
  };

  // `wake` is called by the I/O thread when a block is full.
  TapeFeed(Options options, std::function<void()> wake);
  TapeFeed(const TapeFeed&) = delete;
  TapeFeed& operator=(const TapeFeed&) = delete;

  // The I/O thread. `wall` and `mono` are the same instant, read when the bytes came (or went).
  void frame(std::int32_t connection, std::string_view text, Micros wall, MonoTime mono);
  void sent(std::int32_t connection, std::string_view command, Micros wall, MonoTime mono);
  void opened(std::int32_t connection, std::string_view role, Micros wall, MonoTime mono);
  void closed(std::int32_t connection, std::string_view reason, Micros wall, MonoTime mono);

  // The tape's thread. Appends the full blocks to `out`, and the one begun too when asked for.
  void take(std::vector<TapeBatch>& out, bool begun_too);
  // Its records are written or counted as lost: its memory may be used again.
  void release(TapeBatch&& batch);
  // What was lost since this was last asked.
  TapeLoss take_loss();

 private:
  void append(const TapeRecord& record);
  void put(const TapeRecord& record) KD_REQUIRES(mutex_);
  void note_loss(Micros wall, std::chrono::microseconds mono) KD_REQUIRES(mutex_);
  void lose(const TapeRecord& record) KD_REQUIRES(mutex_);
  void end_block() KD_REQUIRES(mutex_);

  const Options options_;
  const std::function<void()> wake_;
  Mutex mutex_;
  TapeBatch begun_ KD_GUARDED_BY(mutex_);
  TapeRecordWriter records_ KD_GUARDED_BY(mutex_);
  std::vector<TapeBatch> full_ KD_GUARDED_BY(mutex_);
  std::vector<std::string> spare_ KD_GUARDED_BY(mutex_);
  std::size_t held_bytes_ KD_GUARDED_BY(mutex_) = 0;  // raw, not yet released
  TapeLoss unnoted_ KD_GUARDED_BY(mutex_);            // not yet a record of the tape
  TapeLoss untold_ KD_GUARDED_BY(mutex_);             // not yet taken
};

}  // namespace kd
