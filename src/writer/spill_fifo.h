#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/log.h"
#include "base/mutex.h"
#include "codec/table.h"
#include "writer/drop_log.h"
#include "writer/queued_batch.h"
#include "writer/spill_file.h"
#include "writer/spill_record.h"
#include "writer/spill_space.h"
#include "writer/write_plan.h"

namespace kd {

// The rows of one table that wait on disk, first in, first out, in files of spill_record.h's
// format. The spill thread appends, the table's writer reads and says what has been dealt with;
// files wholly dealt with are removed, oldest first.
//
// What was appended outlives SIGKILL. A power cut may take what was appended since the last file
// was full (segment_bytes), or nothing where `durable`. Any thread; calls wait for the disk.
class SpillFifo {
 public:
  struct Options {
    std::filesystem::path directory;
    Table table{};
    std::int64_t segment_bytes = std::int64_t{64} << 20;
    bool durable = false;            // every append is synced
    std::int64_t reserve_bytes = 0;  // that each file has for itself, however full the disk is
  };
  // Finds the files of earlier processes.
  static Expected<std::unique_ptr<SpillFifo>> open(Options options, SpillSpace& space,
                                                   DropLog& drops, Logger log);
  ~SpillFifo();
  SpillFifo(const SpillFifo&) = delete;
  SpillFifo& operator=(const SpillFifo&) = delete;

  // All of them or none. kRetry: the disk does not take them now.
  Expected<void> append(std::span<const QueuedBatch> batches);
  // Rows that the writer took from memory before everything that is here, and keeps for the next
  // process. `in_doubt_position`: the last one of parts[0], if that may be stored; else 0.
  Expected<void> put_first(std::span<const QueuedBatch> batches, std::span<const RowRanges> parts,
                           std::int64_t in_doubt_position);

  // What the database says an earlier process had dealt with; before the first read().
  void start_at(SpillPlace done);
  // The next rows, about so many; empty: there are none. Damage is skipped, and noted.
  // What was read before has been dealt with.
  Expected<std::vector<QueuedBatch>> read(std::size_t rows, std::size_t bytes);
  // What was read has been dealt with, and its files may go.
  void dealt_with();

  bool has_leftovers() const;
  // Returns when the files of earlier processes are dealt with, or `stop` is requested.
  void await_leftovers(const std::stop_token& stop);

  std::int64_t bytes() const;  // on disk, without file headers

 private:
  struct Segment {
    std::int64_t id = 0;
    std::filesystem::path path;
    std::int64_t size = 0;
    bool leftover = false;  // of an earlier process; its end may be torn
  };
  SpillFifo(Options options, SpillSpace& space, DropLog& drops, Logger log);

  Expected<void> find_leftovers() KD_REQUIRES(mutex_);
  Expected<std::unique_ptr<SpillFile>> make_file(std::int64_t id, std::int64_t reserve_bytes);
  Expected<void> begin_segment() KD_REQUIRES(mutex_);
  void end_segment_if_full() KD_REQUIRES(mutex_);
  bool growing(std::size_t segment) const KD_REQUIRES(mutex_);
  void remove_front() KD_REQUIRES(mutex_);
  void remove_read_front() KD_REQUIRES(mutex_);
  void remove_what_was_read() KD_REQUIRES(mutex_);
  // Appends the next batch that has rows to store, if it has no more than asked for. False: none.
  Expected<bool> read_one(std::size_t rows, std::size_t bytes, std::vector<QueuedBatch>& out)
      KD_REQUIRES(mutex_);
  std::int64_t end_of(const SpillRecord& record) const KD_REQUIRES(mutex_);
  Expected<void> begin_reading() KD_REQUIRES(mutex_);
  // The record at the read position; nullopt: the segment has no more, or damage.
  Expected<std::optional<SpillRecord>> next_record() KD_REQUIRES(mutex_);
  // Its rows, and the position behind it; nullopt: dealt with before, or damaged.
  Expected<std::optional<QueuedBatch>> take_record(const SpillRecord& record) KD_REQUIRES(mutex_);
  void torn() KD_REQUIRES(mutex_);
  void damaged(const SpillRecord& record) KD_REQUIRES(mutex_);
  bool leftovers_left() const KD_REQUIRES(mutex_);

  const Options options_;
  SpillSpace& space_;
  DropLog& drops_;
  const Logger log_;
  mutable Mutex mutex_;
  CondVar leftovers_gone_;
  std::deque<Segment> segments_ KD_GUARDED_BY(mutex_);
  std::unique_ptr<SpillFile> writing_ KD_GUARDED_BY(mutex_);  // the last segment, while it grows
  std::unique_ptr<SpillFile> reading_ KD_GUARDED_BY(mutex_);
  std::size_t read_segment_ KD_GUARDED_BY(mutex_) = 0;
  std::int64_t read_offset_ KD_GUARDED_BY(mutex_) = 0;
  std::int64_t last_id_ KD_GUARDED_BY(mutex_) = 0;
  SpillPlace start_ KD_GUARDED_BY(mutex_);
  std::vector<char> buffer_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
