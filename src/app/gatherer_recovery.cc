#include "app/gatherer_recovery.h"

#include <algorithm>
#include <thread>

#include "codec/tape_reader.h"
#include "tape/mapped_file.h"
#include "tape/segment_list.h"

namespace kd {
namespace {

constexpr std::int64_t kBetweenLooks = 2'000;  // frames

// When the last record of a segment was received; nothing when it holds none.
Expected<std::optional<Micros>> end_of(const std::filesystem::path& file) {
  KD_TRY(const auto mapped, MappedFile::open(file));
  KD_TRY(auto blocks, TapeSegmentReader::open(mapped.bytes(), TapeSegmentReader::Check::kHeaders));
  std::optional<Micros> end;
  for (TapeSegmentReader::Block block; blocks.next(block);) {
    end = std::max(end.value_or(block.header.latest), block.header.latest);
  }
  return end;
}

}  // namespace

TapeRecovery::TapeRecovery(Options options, GathererStore& store, RouterMetrics& metrics,
                           Logger log)
    : options_(std::move(options)),
      store_(store),
      log_(std::move(log)),
      router_(
          options_.router, [this](Table table, RowBatch& batch) { store_.push(table, batch); },
          metrics) {}

void TapeRecovery::run() {
  const auto range = find();
  if (!range) {
    return log_.error("the last process's tape cannot be read", {kv("error", range.error().what)});
  }
  if (range->segments.empty()) return;
  const auto frames = decode(*range);
  if (!frames) {
    log_.error("the last process's tape was read in part", {kv("error", frames.error().what)});
  }
  note(*range, frames_);
}

Expected<TapeRecovery::Range> TapeRecovery::find() const {
  std::error_code absent;
  if (!std::filesystem::exists(options_.directory, absent)) return Range{};
  KD_TRY(auto segments, list_segments(options_.directory));
  std::erase_if(segments,
                [&](const SegmentEntry& s) { return s.name.gatherer_id != options_.gatherer_id; });
  Range range;
  while (!segments.empty() && range.segments.size() < 3) {
    KD_TRY(const auto end, end_of(segments.back().path));
    if (end) range.to = std::max(range.to, *end);
    range.segments.push_back(segments.back().path);
    segments.pop_back();
  }
  if (range.to == Micros()) return Range{};
  std::ranges::reverse(range.segments);
  range.from = range.to - kReadAgain;
  return range;
}

Expected<std::int64_t> TapeRecovery::decode(const Range& range) {
  for (const auto& segment : range.segments) KD_DO(decode_segment(segment, range));
  router_.close_all(range.to, "the end of a tape that was decoded again");
  router_.flush();
  return frames_;
}

Expected<void> TapeRecovery::decode_segment(const std::filesystem::path& file, const Range& range) {
  KD_TRY(const auto mapped, MappedFile::open(file));
  KD_TRY(auto reader, TapeReader::open(mapped.bytes(), {.from = range.from, .to = std::nullopt}));
  for (TapeRecord record; reader.next(record);) {
    if (record.kind == TapeKind::kClosed) {
      router_.connection_closed(record.connection, record.wall, record.text);
    }
    if (record.kind != TapeKind::kFrame) continue;
    text_.assign(record.text);
    text_.append(kFramePadding, '\0');
    router_.on_frame(record.connection, std::string_view(text_).substr(0, record.text.size()),
                     record.wall);
    if (++frames_ % kBetweenLooks == 0) wait_for_room();
  }
  return {};
}

// Nothing may be dropped for rows that are most likely stored already.
void TapeRecovery::wait_for_room() {
  constexpr std::chrono::milliseconds kLook{20};
  router_.flush();
  while (store_.crowded() && std::chrono::steady_clock::now() < patience_ends_) {
    std::this_thread::sleep_for(kLook);
  }
}

void TapeRecovery::note(const Range& range, std::int64_t frames) {
  log_.info("decoded the end of the last process's tape again", {kv("frames", frames)});
  auto event = process_event("recover", wall_now());
  event.from = range.from;
  event.to = range.to;
  event.count = frames;
  event.reason = "frames decoded again from the tape";
  store_.note(event);
}

}  // namespace kd
