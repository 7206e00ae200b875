#include "dedup/page_board.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

constexpr std::size_t kMostResyncs = 1'000;  // waiting, per gatherer

}  // namespace

PageBoard::PageBoard(std::size_t gatherers, std::size_t tables)
    : tables_(tables), slots_(gatherers * tables), modes_(gatherers), resyncs_(gatherers) {}

void PageBoard::start_epoch(std::vector<SyncCursor> cursors, std::string consumer) {
  const MutexLock lock(mutex_);
  cursors_ = std::move(cursors);
  consumer_ = std::move(consumer);
  epoch_ = ++last_epoch_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& slot = slots_[i];
    slot.waiting.reset();
    slot.outstanding_rows = 0;
    slot.last_was_short = false;
    slot.committed = {.cursor = cursors_[i], .incarnation = 0};
  }
  changed_.notify_all();
}

void PageBoard::end_epoch() {
  const MutexLock lock(mutex_);
  epoch_ = 0;
  for (auto& slot : slots_) {
    slot.waiting.reset();
    slot.outstanding_rows = 0;
    slot.last_was_short = false;
  }
  changed_.notify_all();
}

bool PageBoard::any_waiting(const std::vector<bool>& blocked) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].waiting && (blocked.empty() || !blocked[i])) return true;
  }
  return false;
}

bool PageBoard::any_full(const std::vector<bool>& blocked) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].waiting || (!blocked.empty() && blocked[i])) continue;
    if (!slots_[i].last_was_short) return true;
  }
  return false;
}

bool PageBoard::has_full_page(const std::vector<bool>& blocked) const {
  const MutexLock lock(mutex_);
  return any_full(blocked);
}

std::vector<Page> PageBoard::collect(std::chrono::milliseconds wait,
                                     std::chrono::milliseconds linger,
                                     const std::vector<bool>& blocked) {
  const MutexLock lock(mutex_);
  const auto deadline = Clock::now() + wait;
  while (!any_waiting(blocked) && !stopped_) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  const auto lingered = Clock::now() + linger;
  while (any_waiting(blocked) && !any_full(blocked) && !stopped_) {
    if (changed_.wait_until(mutex_, lingered) == std::cv_status::timeout) break;
  }
  auto out = take(blocked);
  if (!out.empty()) changed_.notify_all();
  return out;
}

std::vector<Page> PageBoard::take(const std::vector<bool>& blocked) {
  const bool any_live = std::any_of(modes_.begin(), modes_.end(), [](const auto& mode) {
    return mode && *mode != SyncMode::kBackfill;
  });
  auto backfills = any_live ? std::size_t{1} : slots_.size();
  std::vector<Page> out;
  const auto first = next_backfill_;
  for (std::size_t n = 0; n < slots_.size(); ++n) {
    const auto i = (first + n) % slots_.size();
    auto& waiting = slots_[i].waiting;
    if (!waiting || (!blocked.empty() && blocked[i])) continue;
    if (waiting->backfills) {
      if (backfills == 0) continue;
      --backfills;
      next_backfill_ = (i + 1) % slots_.size();
    }
    out.push_back(*std::move(waiting));
    waiting.reset();
  }
  std::ranges::sort(out, {}, [](const Page& page) { return std::pair(page.gatherer, page.table); });
  return out;
}

void PageBoard::request_resync(std::size_t gatherer, ResyncRequest request) {
  const MutexLock lock(mutex_);
  auto& waiting = resyncs_[gatherer];
  if (waiting.size() >= kMostResyncs) waiting.erase(waiting.begin());
  waiting.push_back(std::move(request));
  changed_.notify_all();
}

std::vector<ResyncRequest> PageBoard::take_resyncs(std::size_t gatherer) {
  const MutexLock lock(mutex_);
  return std::exchange(resyncs_[gatherer], {});
}

void PageBoard::set_mode(std::size_t gatherer, std::optional<SyncMode> mode) {
  const MutexLock lock(mutex_);
  modes_[gatherer] = mode;
}

std::optional<SyncMode> PageBoard::mode(std::size_t gatherer) const {
  const MutexLock lock(mutex_);
  return modes_[gatherer];
}

void PageBoard::committed(std::vector<Page> pages) {
  const MutexLock lock(mutex_);
  for (auto& page : pages) {
    auto& at = slot(page.gatherer, page.table);
    at.committed = {.cursor = page.end, .incarnation = page.incarnation};
    at.newest_position = std::max(at.newest_position, page.end.position);
    at.outstanding_rows -= page.row_count;
    at.caught_up_us = std::max(at.caught_up_us, page.short_poll_us);
    if (at.last_was_short && at.outstanding_rows == 0) at.caught_up_us = at.short_poll_us;
    page.rows.clear();
    if (spare_.size() < slots_.size()) spare_.push_back(std::move(page.rows));
  }
}

std::optional<PageBoard::Epoch> PageBoard::epoch_after(std::uint64_t known) const {
  const MutexLock lock(mutex_);
  if (epoch_ == known) return std::nullopt;
  if (epoch_ == 0) return Epoch{};
  return Epoch{.number = epoch_, .cursors = cursors_, .consumer = consumer_};
}

bool PageBoard::has_room(std::size_t gatherer, std::size_t table) const {
  const MutexLock lock(mutex_);
  return !slots_[gatherer * tables_ + table].waiting;
}

void PageBoard::note_short_poll(Slot& at, std::int64_t begun_us) {
  at.last_was_short = true;
  at.unread_rows = 0;
  at.short_poll_us = begun_us;
  if (at.outstanding_rows == 0) at.caught_up_us = begun_us;
}

bool PageBoard::put(Page page, std::int64_t begun_us, bool is_last) {
  const MutexLock lock(mutex_);
  if (page.epoch != epoch_ || stopped_) return false;
  auto& at = slot(page.gatherer, page.table);
  at.outstanding_rows += page.row_count;
  at.newest_position = std::max(at.newest_position, page.end.position);
  at.last_was_short = false;
  if (is_last) {
    page.short_poll_us = begun_us;
    note_short_poll(at, begun_us);
  }
  at.waiting = std::move(page);
  changed_.notify_all();
  return true;
}

void PageBoard::found_nothing(std::size_t gatherer, std::size_t table, std::uint64_t epoch,
                              std::int64_t begun_us) {
  const MutexLock lock(mutex_);
  if (epoch == epoch_) note_short_poll(slot(gatherer, table), begun_us);
}

void PageBoard::measured(std::size_t gatherer, std::size_t table, std::int64_t newest_position,
                         std::int64_t rows_behind) {
  const MutexLock lock(mutex_);
  auto& at = slot(gatherer, table);
  at.newest_position = std::max(at.newest_position, newest_position);
  at.unread_rows = rows_behind;
}

std::vector<char> PageBoard::spare_buffer() {
  const MutexLock lock(mutex_);
  if (spare_.empty()) return {};
  auto out = std::move(spare_.back());
  spare_.pop_back();
  return out;
}

void PageBoard::wait_until(Clock::time_point deadline) {
  const MutexLock lock(mutex_);
  if (!stopped_) changed_.wait_until(mutex_, deadline);
}

SyncStatus PageBoard::status(std::size_t gatherer, std::size_t table) const {
  const MutexLock lock(mutex_);
  const auto& at = slots_[gatherer * tables_ + table];
  SyncStatus out;
  out.caught_up = epoch_ != 0 && at.last_was_short && at.outstanding_rows == 0;
  out.caught_up_us = at.caught_up_us;
  out.rows_behind = at.unread_rows + at.outstanding_rows;
  if (!out.caught_up && at.committed.cursor.position > 0) {
    constexpr double kUsPerSecond = 1e6;
    out.lag_seconds = static_cast<double>(std::max<std::int64_t>(
                          0, at.newest_position - at.committed.cursor.position)) /
                      kUsPerSecond;
  }
  return out;
}

CommittedCursor PageBoard::committed_cursor(std::size_t gatherer, std::size_t table) const {
  const MutexLock lock(mutex_);
  return slots_[gatherer * tables_ + table].committed;
}

void PageBoard::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool PageBoard::stopped() const {
  const MutexLock lock(mutex_);
  return stopped_;
}

}  // namespace kd
