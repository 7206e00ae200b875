#include "tape/tape_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kd {
namespace {

// A frame may be larger than a block, but not than what a reader accepts.
constexpr std::size_t kMostTextBytes = kMostTapeBlockBytes / 4;
constexpr std::size_t kMostSpare = 8;

std::chrono::microseconds since_boot(TapeFeed::MonoTime mono) {
  return std::chrono::duration_cast<std::chrono::microseconds>(mono.time_since_epoch());
}

}  // namespace

TapeFeed::TapeFeed(Options options, std::function<void()> wake)
    : options_(options), wake_(std::move(wake)) {}

void TapeFeed::frame(std::int32_t connection, std::string_view text, Micros wall, MonoTime mono) {
  append({TapeKind::kFrame, connection, wall, since_boot(mono), text});
}

void TapeFeed::sent(std::int32_t connection, std::string_view command, Micros wall, MonoTime mono) {
  append({TapeKind::kSent, connection, wall, since_boot(mono), command});
}

void TapeFeed::opened(std::int32_t connection, std::string_view role, Micros wall, MonoTime mono) {
  append({TapeKind::kOpened, connection, wall, since_boot(mono), role});
}

void TapeFeed::closed(std::int32_t connection, std::string_view reason, Micros wall,
                      MonoTime mono) {
  append({TapeKind::kClosed, connection, wall, since_boot(mono), reason});
}

void TapeFeed::append(const TapeRecord& record) {
  bool full = false;
  {
    const MutexLock lock(mutex_);
    const auto bytes = record.text.size() + kTapeRecordOverhead;
    if (held_bytes_ + bytes > options_.memory_bytes || bytes > kMostTextBytes) {
      return lose(record);
    }
    if (unnoted_.any()) note_loss(record.wall, record.mono);
    put(record);
    full = begun_.raw.size() >= options_.block_bytes;
    if (full) end_block();
  }
  if (full) wake_();
}

void TapeFeed::put(const TapeRecord& record) {
  auto& header = begun_.header;
  const auto before = begun_.raw.size();
  records_.append(begun_.raw, record);
  header.earliest = begun_.empty() ? record.wall : std::min(header.earliest, record.wall);
  header.latest = begun_.empty() ? record.wall : std::max(header.latest, record.wall);
  ++header.records;
  if (record.kind == TapeKind::kFrame) ++header.frames;
  begun_.text_bytes += record.text.size();
  held_bytes_ += begun_.raw.size() - before;
}

void TapeFeed::note_loss(Micros wall, std::chrono::microseconds mono) {
  const auto text =
      fmt::format(R"({{"frames":{},"bytes":{},"from_us":{},"to_us":{}}})", unnoted_.frames,
                  unnoted_.bytes, to_us(unnoted_.from), to_us(unnoted_.to));
  unnoted_ = {};
  put({TapeKind::kLost, 0, wall, mono, text});
}

void TapeFeed::lose(const TapeRecord& record) {
  const TapeLoss loss{.frames = record.kind == TapeKind::kFrame ? 1U : 0U,
                      .bytes = record.text.size(),
                      .from = record.wall,
                      .to = record.wall};
  unnoted_.add(loss);
  untold_.add(loss);
}

void TapeFeed::end_block() {
  begun_.header.lane = options_.lane;
  full_.push_back(std::move(begun_));
  begun_ = {};
  records_ = {};
  if (spare_.empty()) {
    begun_.raw.reserve(options_.block_bytes + options_.block_bytes / 8);
  } else {
    begun_.raw = std::move(spare_.back());
    spare_.pop_back();
  }
}

void TapeFeed::take(std::vector<TapeBatch>& out, bool begun_too) {
  const MutexLock lock(mutex_);
  if (begun_too && !begun_.empty()) end_block();
  std::move(full_.begin(), full_.end(), std::back_inserter(out));
  full_.clear();
}

void TapeFeed::release(TapeBatch&& batch) {
  std::string memory = std::move(batch.raw);
  const auto bytes = memory.size();
  const bool worth_keeping = memory.capacity() <= 2 * options_.block_bytes;
  memory.clear();
  const MutexLock lock(mutex_);
  held_bytes_ -= bytes;
  if (worth_keeping && spare_.size() < kMostSpare) spare_.push_back(std::move(memory));
}

TapeLoss TapeFeed::take_loss() {
  const MutexLock lock(mutex_);
  return std::exchange(untold_, {});
}

}  // namespace kd
