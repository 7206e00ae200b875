#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "database/cursors.h"
#include "dedup/page.h"
#include "dedup/sync_mode.h"
#include "dedup/table_spec.h"

namespace kd {

// How one table of one gatherer stands. A value.
struct SyncStatus {
  double lag_seconds = 0;  // newest row of the gatherer minus newest merged, by their positions
  std::int64_t rows_behind = 0;  // 0: nothing is left; counted up to a limit
  bool caught_up = false;        // the last poll found less than it asked for, and all is committed
  std::int64_t caught_up_us = 0;  // when the latest poll began after which all was committed
};

// Up to where a table is committed in production. A value.
struct CommittedCursor {
  SyncCursor cursor;
  std::uint32_t incarnation = 0;  // of the gatherer's table, see TableMark
};

// What a gatherer is asked to see again. A value.
struct ResyncRequest {
  std::string ticker;
  std::string reason;
};

// Where readers leave their pages and the writer takes them; at most one page per gatherer and
// table waits, so a slow production holds the readers back. Any thread.
//
// An epoch begins when the writer has read the cursors, and ends with any error: pages of an
// epoch that is over are refused, and readers start again from the cursors of the new one.
class PageBoard {
 public:
  using Clock = std::chrono::steady_clock;

  PageBoard(std::size_t gatherers, std::size_t tables);

  // --- the writer's side
  // Begins an epoch; cursors[gatherer * tables + table]. `consumer` names the production database
  // and the shard to the gatherers.
  void start_epoch(std::vector<SyncCursor> cursors, std::string consumer = {});
  // Ends it: readers rest until the next.
  void end_epoch();
  // Takes every waiting page, but only one that backfills while any gatherer is live. Waits up to
  // `wait` for a first one, then `linger` for more, unless a page is full already: small pages
  // then share a commit. Of `blocked` slots (gatherer * tables + table) nothing is taken.
  std::vector<Page> collect(std::chrono::milliseconds wait, std::chrono::milliseconds linger,
                            const std::vector<bool>& blocked = {});
  // Whether a page waits that could be taken and left more behind.
  bool has_full_page(const std::vector<bool>& blocked) const;
  // All pages collected so far in this epoch are committed; their memory is used again.
  void committed(std::vector<Page> pages);

  // For the gatherer's database; the oldest are dropped when nobody takes them.
  void request_resync(std::size_t gatherer, ResyncRequest request);

  // --- a reader's side
  struct Epoch {
    std::uint64_t number = 0;  // 0: none, rest
    std::vector<SyncCursor> cursors;
    std::string consumer;
  };
  // The present epoch; `known` is the number the reader has, and saves the copy if it still holds.
  std::optional<Epoch> epoch_after(std::uint64_t known) const;
  bool has_room(std::size_t gatherer, std::size_t table) const;
  // False: the page belongs to an epoch that is over. `begun_us`: wall time at which its poll
  // began; `is_last`: it held fewer rows than were asked for.
  bool put(Page page, std::int64_t begun_us, bool is_last);
  // A poll found nothing.
  void found_nothing(std::size_t gatherer, std::size_t table, std::uint64_t epoch,
                     std::int64_t begun_us);
  // What a reader measured of a table that is behind.
  void measured(std::size_t gatherer, std::size_t table, std::int64_t newest_position,
                std::int64_t rows_behind);
  // nullopt: the gatherer is away.
  void set_mode(std::size_t gatherer, std::optional<SyncMode> mode);
  CommittedCursor committed_cursor(std::size_t gatherer, std::size_t table) const;
  std::vector<ResyncRequest> take_resyncs(std::size_t gatherer);
  // Memory for a page's rows, if some is left over.
  std::vector<char> spare_buffer();
  // Until something may have changed for a reader of `gatherer`, or the time.
  void wait_until(Clock::time_point deadline);

  // --- anybody
  SyncStatus status(std::size_t gatherer, std::size_t table) const;
  std::optional<SyncMode> mode(std::size_t gatherer) const;
  // Wakes everybody for good.
  void stop();
  bool stopped() const;

 private:
  struct Slot {
    std::optional<Page> waiting;
    std::int64_t outstanding_rows = 0;  // read and not committed
    CommittedCursor committed;
    std::int64_t newest_position = 0;  // known in the gatherer
    std::int64_t unread_rows = 0;      // of the last measurement
    bool last_was_short = false;
    std::int64_t short_poll_us = 0;  // when the poll that was short began
    std::int64_t caught_up_us = 0;
  };

  Slot& slot(std::size_t gatherer, std::size_t table) KD_REQUIRES(mutex_) {
    return slots_[gatherer * tables_ + table];
  }
  bool any_waiting(const std::vector<bool>& blocked) const KD_REQUIRES(mutex_);
  bool any_full(const std::vector<bool>& blocked) const KD_REQUIRES(mutex_);
  std::vector<Page> take(const std::vector<bool>& blocked) KD_REQUIRES(mutex_);
  void note_short_poll(Slot& slot, std::int64_t begun_us) KD_REQUIRES(mutex_);

  const std::size_t tables_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<Slot> slots_ KD_GUARDED_BY(mutex_);
  std::vector<SyncCursor> cursors_ KD_GUARDED_BY(mutex_);
  std::string consumer_ KD_GUARDED_BY(mutex_);
  std::vector<std::optional<SyncMode>> modes_ KD_GUARDED_BY(mutex_);
  std::vector<std::vector<ResyncRequest>> resyncs_ KD_GUARDED_BY(mutex_);
  std::size_t next_backfill_ KD_GUARDED_BY(mutex_) = 0;  // the slot whose turn it is
  std::uint64_t epoch_ KD_GUARDED_BY(mutex_) = 0;        // of the running one; 0: none
  std::uint64_t last_epoch_ KD_GUARDED_BY(mutex_) = 0;
  std::vector<std::vector<char>> spare_ KD_GUARDED_BY(mutex_);
  bool stopped_ KD_GUARDED_BY(mutex_) = false;
};

}  // namespace kd
