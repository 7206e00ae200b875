#include "tape/tape_writer.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "codec/tape_segment.h"
#include "tape/mapped_file.h"

namespace kd {

TapeWriter::TapeWriter(Options options, MetricsRegistry& metrics, Logger log, Hooks hooks)
    : options_(std::move(options)),
      log_(std::move(log)),
      hooks_(std::move(hooks)),
      bytes_written_(metrics.counter("tape_bytes_total", "Bytes written to the tape")),
      bytes_lost_(
          metrics.counter("tape_lost_bytes_total", "Bytes received that are not on the tape")) {}

TapeWriter::~TapeWriter() { stop(); }

TapeFeed& TapeWriter::add_lane() {
  return feeds_.emplace_back(TapeFeed::Options{.lane = static_cast<std::uint32_t>(feeds_.size()),
                                               .memory_bytes = options_.lane_memory_bytes},
                             [this] {
                               const MutexLock lock(mutex_);
                               full_block_ = true;
                               wake_.notify_one();
                             });
}

Expected<void> TapeWriter::start() {
  report_last_segment();
  KD_DO(begin_segment());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return {};
}

void TapeWriter::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void TapeWriter::run(const std::stop_token& stop) {
  auto due = std::chrono::steady_clock::now() + options_.flush_interval;
  while (wait_for_work(due, stop)) {
    const auto now = std::chrono::steady_clock::now();
    const bool is_due = now >= due;
    if (is_due) {
      due = now + options_.flush_interval;
      make_room(wall_now());
    }
    take(is_due);
    if (is_due || !refusing_) write_waiting();
    if (is_due) tell_losses();
    if (is_due && segment_ != nullptr) segment_->start_writeback();
  }
  take(true);
  write_waiting();
  give_up_waiting();
  tell_losses();
  end_segment();
}

// False: stop.
bool TapeWriter::wait_for_work(std::chrono::steady_clock::time_point until,
                               const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  wake_.wait_until(mutex_, stop, until, [this]() KD_REQUIRES(mutex_) { return full_block_; });
  full_block_ = false;
  return !stop.stop_requested();
}

void TapeWriter::take(bool begun_too) {
  for (auto& feed : feeds_) {
    feed.take(taken_, begun_too);
    for (auto& batch : taken_) waiting_.push_back({.feed = &feed, .batch = std::move(batch)});
    taken_.clear();
  }
}

void TapeWriter::write_waiting() {
  while (!waiting_.empty() && !disk_full_) {
    auto& [feed, batch] = waiting_.front();
    if (const auto written = write(batch); !written) return refused(written.error());
    if (std::exchange(refusing_, false)) log_.info("the tape goes on");
    feed->release(std::move(batch));
    waiting_.pop_front();
  }
}

Expected<void> TapeWriter::write(const TapeBatch& batch) {
  if (segment_ != nullptr && segment_is_due(wall_now())) end_segment();
  if (segment_ == nullptr) KD_DO(begin_segment());
  const auto block = compressor_.block(batch.header, batch.raw);
  KD_DO(segment_->append(block));
  bytes_written_.add(static_cast<double>(block.size()));
  return {};
}

// What was written of the block stays as the segment's torn tail; it is repeated in the next.
void TapeWriter::refused(const Error& error) {
  segment_.reset();
  if (!std::exchange(refusing_, true)) {
    log_.error("the tape cannot be written; frames wait in memory", {kv("error", error.what)});
  }
}

bool TapeWriter::segment_is_due(Micros now) const {
  return segment_->bytes() >= options_.segment_bytes ||
         now - segment_->start() >= options_.segment_age;
}

Expected<void> TapeWriter::begin_segment() {
  KD_TRY(segment_,
         SegmentFile::create(options_.directory, options_.gatherer_id, wall_now(), next_number_));
  next_number_ = segment_->name().number + 1;
  return {};
}

void TapeWriter::end_segment() {
  if (segment_ == nullptr) return;
  if (const auto synced = segment_->sync(); !synced) {
    log_.warn("a segment of the tape may not survive a power cut",
              {kv("error", synced.error().what)});
  }
  segment_.reset();
}

std::vector<SegmentEntry> TapeWriter::own_segments() const {
  auto all = list_segments(options_.directory);
  if (!all) return {};
  const auto id = SegmentName::of(options_.gatherer_id, {}, 0).gatherer_id;
  std::erase_if(*all, [&](const auto& entry) { return entry.name.gatherer_id != id; });
  return *std::move(all);
}

void TapeWriter::make_room(Micros now) {
  auto segments = own_segments();
  const auto expired = expired_segments(segments, now, options_.keep);
  for (std::size_t i = 0; i < expired; ++i) remove(segments[i], "older than tape.keep");
  segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(expired));
  std::erase_if(segments, [this](const auto& entry) {
    return segment_ != nullptr && entry.path == segment_->path();
  });
  const bool was_full = disk_full_;
  disk_full_ = hooks_.disk_full && hooks_.disk_full();
  for (const auto& segment : segments) {
    if (!disk_full_) break;
    remove(segment, "its disk is full");
    disk_full_ = hooks_.disk_full();
  }
  if (disk_full_ && !was_full) log_.error("the tape stops: its disk is full");
  if (was_full && !disk_full_) log_.info("the tape goes on: its disk has room again");
}

void TapeWriter::remove(const SegmentEntry& segment, std::string_view why) {
  std::error_code error;
  std::filesystem::remove(segment.path, error);
  if (error) {
    log_.warn("a segment of the tape cannot be removed",
              {kv("path", segment.path.string()), kv("error", error.message())});
  } else {
    log_.info("removed a segment of the tape",
              {kv("path", segment.path.string()), kv("bytes", segment.bytes), kv("reason", why)});
  }
}

void TapeWriter::tell_losses() {
  TapeLoss loss;
  for (auto& feed : feeds_) loss.add(feed.take_loss());
  if (loss.any()) return tell(loss);
  if (!losing_.any()) return;
  log_.warn("frames are on the tape again",
            {kv("lost_frames", losing_.frames), kv("lost_bytes", losing_.bytes)});
  losing_ = {};
}

void TapeWriter::tell(const TapeLoss& loss) {
  if (!losing_.any()) {
    log_.error("frames are lost to the tape", {kv("frames", loss.frames), kv("bytes", loss.bytes)});
  }
  losing_.add(loss);
  bytes_lost_.add(static_cast<double>(loss.bytes));
  if (hooks_.on_lost) hooks_.on_lost(loss);
}

void TapeWriter::give_up_waiting() {
  TapeLoss loss;
  for (auto& [feed, batch] : waiting_) {
    loss.add(batch.as_loss());
    feed->release(std::move(batch));
  }
  waiting_.clear();
  if (loss.any()) tell(loss);
}

void TapeWriter::report_last_segment() const {
  const auto segments = own_segments();
  if (segments.empty()) return;
  const auto file = MappedFile::open(segments.back().path);
  if (!file) return;
  auto reader = TapeSegmentReader::open(file->bytes(), TapeSegmentReader::Check::kHeaders);
  if (!reader) return;
  std::uint64_t blocks = 0;
  for (TapeSegmentReader::Block block; reader->next(block);) ++blocks;
  if (reader->torn_bytes() == 0) return;
  log_.warn("the last process left a torn segment; its whole blocks can be read",
            {kv("path", segments.back().path.string()), kv("blocks", blocks),
             kv("torn_bytes", reader->torn_bytes())});
}

}  // namespace kd
