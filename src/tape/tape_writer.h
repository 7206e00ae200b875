#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/expected.h"
#include "base/log.h"
#include "base/mutex.h"
#include "codec/tape_block.h"
#include "metrics/registry.h"
#include "tape/segment_file.h"
#include "tape/segment_list.h"
#include "tape/tape_feed.h"
#include "tape/tape_loss.h"

namespace kd {

// Writes the tape: compresses what the feeds hold, a block as soon as it is full or flush_interval
// old, into segments that are rotated and in time removed.
//
// A disk that refuses is tried again every flush_interval; meanwhile the feeds fill, and what
// does not fit there any more is lost and told. While the disk is above its watermark the oldest
// segments are removed, and when none is left nothing is written. Owns a thread.
class TapeWriter {
 public:
  struct Options {
    std::string gatherer_id;  // at most 256 bytes
    std::filesystem::path directory;
    std::int64_t segment_bytes = 256LL << 20;
    std::chrono::milliseconds segment_age = std::chrono::hours(1);  // rotated at, too
    std::chrono::milliseconds keep = std::chrono::hours(24);
    std::chrono::milliseconds flush_interval = std::chrono::seconds(1);
    std::size_t lane_memory_bytes = 32 << 20;  // raw records of one lane that wait
  };
  // Called by the tape's thread.
  struct Hooks {
    // Whether the tape's disk is fuller than it may be. Asked at most every flush_interval, and
    // after each removal.
    std::function<bool()> disk_full;
    // Whenever something was lost since the last flush_interval, and at the end.
    std::function<void(const TapeLoss&)> on_lost;
  };

  TapeWriter(Options options, MetricsRegistry& metrics, Logger log, Hooks hooks);
  ~TapeWriter();  // stops
  TapeWriter(const TapeWriter&) = delete;
  TapeWriter& operator=(const TapeWriter&) = delete;

  // A feed for one I/O thread, as long-lived as this; before start().
  TapeFeed& add_lane();

  // Begins a segment, so that a directory which cannot be written is found here. Logs what the
  // last process left torn.
  Expected<void> start();

  // After the last call to a feed. Writes what they hold, or counts it as lost when the disk
  // refuses once more; syncs.
  void stop();

 private:
  struct Waiting {  // taken from a feed and not yet written
    TapeFeed* feed = nullptr;
    TapeBatch batch;
  };

  void run(const std::stop_token& stop);
  bool wait_for_work(std::chrono::steady_clock::time_point until, const std::stop_token& stop);
  void take(bool begun_too);
  void write_waiting();
  Expected<void> write(const TapeBatch& batch);
  Expected<void> begin_segment();
  void end_segment();
  bool segment_is_due(Micros now) const;
  void make_room(Micros now);
  void remove(const SegmentEntry& segment, std::string_view why);
  void tell_losses();
  void tell(const TapeLoss& loss);
  void refused(const Error& error);
  void give_up_waiting();
  void report_last_segment() const;
  std::vector<SegmentEntry> own_segments() const;

  const Options options_;
  const Logger log_;
  const Hooks hooks_;
  Counter& bytes_written_;
  Counter& bytes_lost_;
  std::deque<TapeFeed> feeds_;
  TapeCompressor compressor_;
  std::unique_ptr<SegmentFile> segment_;
  std::uint32_t next_number_ = 1;
  std::deque<Waiting> waiting_;
  std::vector<TapeBatch> taken_;
  bool refusing_ = false;   // the disk, at the last try
  bool disk_full_ = false;  // above its watermark, and nothing left to remove
  TapeLoss losing_;         // since the last flush_interval in which nothing was lost
  Mutex mutex_;
  CondVar wake_;
  bool full_block_ KD_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace kd
