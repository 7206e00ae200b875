#include "writer/spill_fifo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/time.h"

namespace kd {
namespace {

constexpr auto kHeader = static_cast<std::int64_t>(kSpillFileHeaderBytes);

const QueuedBatch& owner_of(const RowRange& range, std::span<const QueuedBatch> batches) {
  return *std::ranges::find_if(batches,
                               [&](const QueuedBatch& b) { return &b.rows == range.batch; });
}

}  // namespace

SpillFifo::SpillFifo(Options options, SpillSpace& space, DropLog& drops, Logger log)
    : options_(std::move(options)), space_(space), drops_(drops), log_(std::move(log)) {}

Expected<std::unique_ptr<SpillFifo>> SpillFifo::open(Options options, SpillSpace& space,
                                                     DropLog& drops, Logger log) {
  std::unique_ptr<SpillFifo> fifo(new SpillFifo(std::move(options), space, drops, std::move(log)));
  const MutexLock lock(fifo->mutex_);
  KD_DO(fifo->find_leftovers());
  if (fifo->options_.reserve_bytes > 0) KD_DO(fifo->begin_segment());
  return fifo;
}

SpillFifo::~SpillFifo() {
  const MutexLock lock(mutex_);
  if (writing_ != nullptr && writing_->size() == kHeader) ::unlink(writing_->path().c_str());
}

Expected<void> SpillFifo::find_leftovers() {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, failed)) {
    const auto id = spill_file_id(options_.table, entry.path().filename().string());
    if (!id) continue;
    last_id_ = std::max(last_id_, *id);
    const auto size = static_cast<std::int64_t>(entry.file_size(failed));
    if (size <= kHeader) {
      std::filesystem::remove(entry.path(), failed);
      continue;
    }
    segments_.push_back({*id, entry.path(), size, true});
    space_.add(size - kHeader);
  }
  if (failed) {
    return fail(Remedy::kGiveUp,
                fmt::format("spill.dir {}: {}", options_.directory.string(), failed.message()));
  }
  std::ranges::sort(segments_, {}, &Segment::id);
  return {};
}

Expected<std::unique_ptr<SpillFile>> SpillFifo::make_file(std::int64_t id,
                                                          std::int64_t reserve_bytes) {
  const auto path = options_.directory / spill_file_name(options_.table, id);
  KD_TRY(auto file, SpillFile::create(path, reserve_bytes));
  const auto header = spill_file_header(options_.table, id);
  if (const auto done = file->append({header.data(), header.size()}); !done) {
    ::unlink(path.c_str());
    return tl::unexpected(done.error());
  }
  if (options_.durable) sync_directory(options_.directory);
  return file;
}

Expected<void> SpillFifo::begin_segment() {
  // One number stays free in front of each file, for put_first().
  const auto id = std::max(to_us(wall_now()), last_id_ + 2);
  KD_TRY(writing_, make_file(id, options_.reserve_bytes));
  last_id_ = id;
  segments_.push_back({id, writing_->path(), kHeader, false});
  return {};
}

Expected<void> SpillFifo::append(std::span<const QueuedBatch> batches) {
  const MutexLock lock(mutex_);
  if (writing_ == nullptr) KD_DO(begin_segment());
  buffer_.clear();
  for (const auto& batch : batches) append_spill_record(buffer_, batch);
  KD_DO(writing_->append({buffer_.data(), buffer_.size()}));
  segments_.back().size = writing_->size();
  space_.add(static_cast<std::int64_t>(buffer_.size()));
  if (options_.durable) {
    // They are there, if not for a power cut: giving them back would double them.
    if (const auto done = writing_->sync(); !done) log_.error(done.error().what);
  }
  end_segment_if_full();
  return {};
}

void SpillFifo::end_segment_if_full() {
  if (writing_->size() < options_.segment_bytes) return;
  if (const auto done = writing_->sync(); !done) log_.error(done.error().what);
  writing_.reset();
}

Expected<void> SpillFifo::put_first(std::span<const QueuedBatch> batches,
                                    std::span<const RowRanges> parts,
                                    std::int64_t in_doubt_position) {
  const MutexLock lock(mutex_);
  buffer_.clear();
  for (const auto& part : parts) {
    for (const auto& range : part) {
      append_spill_record(buffer_, owner_of(range, batches), {range.first, range.last},
                          in_doubt_position);
    }
    in_doubt_position = 0;
  }
  const auto id =
      segments_.empty() ? std::max(to_us(wall_now()), last_id_ + 2) : segments_.front().id - 1;
  KD_TRY(auto file, make_file(id, 0));
  last_id_ = std::max(last_id_, id);
  if (const auto done = file->append({buffer_.data(), buffer_.size()}); !done) {
    ::unlink(file->path().c_str());
    return done;
  }
  KD_DO(file->sync());
  space_.add(static_cast<std::int64_t>(buffer_.size()));
  segments_.push_front({id, file->path(), file->size(), false});
  read_segment_ = 0;
  reading_.reset();
  return {};
}

void SpillFifo::start_at(SpillPlace done) {
  const MutexLock lock(mutex_);
  // A file that is gone was dealt with, and all before it, since the oldest is removed first.
  const auto found = std::ranges::find(segments_, done.file_id, &Segment::id);
  if (found == segments_.end()) return;
  while (segments_.front().id != done.file_id) remove_front();
  start_ = done;
}

bool SpillFifo::growing(std::size_t segment) const {
  return writing_ != nullptr && segment + 1 == segments_.size();
}

Expected<std::vector<QueuedBatch>> SpillFifo::read(std::size_t rows, std::size_t bytes) {
  const MutexLock lock(mutex_);
  remove_what_was_read();
  std::vector<QueuedBatch> out;
  while (rows > 0 && bytes > 0) {
    const auto more = out.empty() ? read_one(SIZE_MAX, SIZE_MAX, out) : read_one(rows, bytes, out);
    if (!more && out.empty()) return tl::unexpected(more.error());
    if (!more || !*more) break;
    rows -= std::min(rows, out.back().rows.rows());
    bytes -= std::min(bytes, out.back().rows.bytes.size());
  }
  if (out.empty()) remove_what_was_read();
  return out;
}

Expected<bool> SpillFifo::read_one(std::size_t rows, std::size_t bytes,
                                   std::vector<QueuedBatch>& out) {
  while (read_segment_ < segments_.size()) {
    KD_TRY(const auto record, next_record());
    if (record) {
      if (record->rows > rows || record->row_bytes > bytes) return false;
      KD_TRY(auto batch, take_record(*record));
      if (!batch) continue;
      out.push_back(*std::move(batch));
      return true;
    }
    if (growing(read_segment_)) return false;
    ++read_segment_;
    reading_.reset();
  }
  return false;
}

Expected<void> SpillFifo::begin_reading() {
  const auto& segment = segments_[read_segment_];
  KD_TRY(auto file, SpillFile::open(segment.path));
  std::vector<char> header(kSpillFileHeaderBytes);
  KD_DO(file->read_at(0, header));
  reading_ = std::move(file);
  read_offset_ = kHeader;
  if (header != spill_file_header(options_.table, segment.id)) torn();
  return {};
}

Expected<std::optional<SpillRecord>> SpillFifo::next_record() {
  const auto& segment = segments_[read_segment_];
  if (reading_ == nullptr) KD_DO(begin_reading());
  if (read_offset_ >= segment.size) return std::nullopt;
  std::array<char, kSpillRecordHeaderBytes> header{};
  KD_TRY(const auto got, reading_->read_at(read_offset_, header));
  const auto record = read_spill_record({header.data(), got});
  if (record && end_of(*record) <= segment.size) return record;
  torn();
  return std::nullopt;
}

std::int64_t SpillFifo::end_of(const SpillRecord& record) const {
  return read_offset_ + record.rows_offset() + record.row_bytes;
}

Expected<std::optional<QueuedBatch>> SpillFifo::take_record(const SpillRecord& record) {
  const auto id = segments_[read_segment_].id;
  const SpilledAt at{
      .file_id = id, .rows_offset = read_offset_ + record.rows_offset(), .end = end_of(record)};
  const auto done = id == start_.file_id ? start_.offset : 0;
  if (at.end <= done) {
    read_offset_ = at.end;
    return std::nullopt;
  }
  buffer_.resize(static_cast<std::size_t>(record.body_bytes()));
  const auto body_at = at.rows_offset + record.row_bytes - record.body_bytes();
  KD_TRY(const auto got, reading_->read_at(body_at, buffer_));
  read_offset_ = at.end;
  auto batch = read_spill_body(record, {buffer_.data(), got});
  if (!batch) {
    damaged(record);
    return std::nullopt;
  }
  batch->spilled = at;
  if (segments_[read_segment_].leftover) batch->last_row = 0;
  const auto below = [&](std::uint32_t start) { return at.rows_offset + start < done; };
  batch->first_row = static_cast<std::size_t>(std::ranges::count_if(batch->rows.row_starts, below));
  return batch;
}

// What follows is no record. In a file of a killed process that is how it ends: these rows were
// in no watermark, so that nobody takes them for recorded.
void SpillFifo::torn() {
  auto& segment = segments_[read_segment_];
  const auto lost = segment.size - read_offset_;
  log_.error("the end of a spill file is no record",
             {kv("file", segment.path.string()), kv("bytes", lost)});
  if (!segment.leftover) {
    constexpr auto kRowsBeforeTheFile = std::chrono::minutes(10);
    drops_.note({.table = options_.table,
                 .rows = 1,  // at least
                 .from = micros_from_us(segment.id) - kRowsBeforeTheFile,
                 .to = wall_now(),
                 .reason = "a damaged spill file"});
  }
  space_.release(lost);
  segment.size = read_offset_;
}

void SpillFifo::damaged(const SpillRecord& record) {
  log_.error("a record of a spill file is damaged",
             {kv("file", segments_[read_segment_].path.string()), kv("rows", record.rows)});
  drops_.note({.table = options_.table,
               .rows = record.rows,
               .from = micros_from_us(record.oldest_exchange_us),
               .to = micros_from_us(record.newest_exchange_us),
               .reason = "a damaged record in a spill file"});
}

void SpillFifo::dealt_with() {
  const MutexLock lock(mutex_);
  remove_what_was_read();
}

void SpillFifo::remove_what_was_read() {
  while (read_segment_ > 0) remove_front();
  if (reading_ != nullptr && read_offset_ >= segments_.front().size) remove_read_front();
  if (!leftovers_left()) leftovers_gone_.notify_all();
}

// The front file is read to its end.
void SpillFifo::remove_read_front() {
  if (growing(0)) {
    if (segments_.front().size == kHeader) return;
    writing_.reset();
    if (options_.reserve_bytes > 0) {  // while there is room: the next need may be a full disk's
      if (const auto begun = begin_segment(); !begun) log_.error(begun.error().what);
    }
  }
  remove_front();
}

void SpillFifo::remove_front() {
  const auto& front = segments_.front();
  ::unlink(front.path.c_str());
  space_.release(std::max<std::int64_t>(front.size - kHeader, 0));
  segments_.pop_front();
  if (segments_.empty()) buffer_ = {};  // megabytes that nobody may need for months
  if (read_segment_ > 0) {
    --read_segment_;
  } else {
    reading_.reset();
  }
}

bool SpillFifo::leftovers_left() const {
  return std::ranges::any_of(segments_, &Segment::leftover);
}

bool SpillFifo::has_leftovers() const {
  const MutexLock lock(mutex_);
  return leftovers_left();
}

void SpillFifo::await_leftovers(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  leftovers_gone_.wait(mutex_, stop, [this]() KD_REQUIRES(mutex_) { return !leftovers_left(); });
}

std::int64_t SpillFifo::bytes() const {
  const MutexLock lock(mutex_);
  std::int64_t bytes = 0;
  for (const auto& segment : segments_) bytes += segment.size - kHeader;
  return bytes;
}

}  // namespace kd
