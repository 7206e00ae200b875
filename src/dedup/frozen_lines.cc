#include "dedup/frozen_lines.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "dedup/identity.h"

namespace kd {
namespace {

constexpr std::size_t kFirstSlots = 1024;  // a power of two, as is every later size
constexpr std::size_t kManyStreams = 4096;
constexpr std::int64_t kNextTryUs = 60'000'000;
constexpr std::uint64_t kSeed = 0x5851f42d4c957f2d;

std::uint64_t key_of(std::string_view ticker) {
  IdentityMixer mixer(kSeed);
  mixer.add(ticker);
  return std::max<std::uint64_t>(1, mixer.finish().low);
}

}  // namespace

FrozenLines::FrozenLines(std::size_t gatherers, Options options)
    : gatherers_(gatherers), options_(options) {
  reset();
}

void FrozenLines::reset() {
  keys_.assign(kFirstSlots, 0);
  lines_.assign(kFirstSlots * gatherers_, Line{});
  used_ = 0;
  newest_us_ = 0;
  next_rebuild_us_ = 0;
  streams_.assign(gatherers_, {});
  lost_us_.assign(gatherers_, 0);
  findings_.clear();
}

std::vector<FrozenLines::Finding> FrozenLines::take() { return std::exchange(findings_, {}); }

std::size_t FrozenLines::bytes() const {
  return keys_.size() * (sizeof(std::uint64_t) + gatherers_ * sizeof(Line));
}

void FrozenLines::on_change(const Change& change) {
  newest_us_ = std::max(newest_us_, change.stamp_us);
  auto* lines = lines_of(change.ticker);
  if (lines == nullptr) return;
  for (std::size_t g = 0; g < gatherers_; ++g) {
    if (g == change.gatherer) {
      deliver(lines[g], change);
    } else if (lines[g].last_us != 0) {
      miss(lines[g], g, change);
    }
  }
}

void FrozenLines::deliver(Line& line, const Change& change) {
  if (change.stream_id == line.left_stream) return;
  line.stream_id = change.stream_id;
  line.last_us = std::max(line.last_us, change.stamp_us);
  line.missed = 0;
  line.silent = false;
  line.found = false;
}

void FrozenLines::miss(Line& line, std::size_t gatherer, const Change& change) {
  if (change.stamp_us <= line.last_us || line.stream_id == line.left_stream) return;
  if (!line.silent) {
    if (line.missed == 0) {
      line.since_us = change.stamp_us;
    } else if (change.stamp_us <= line.until_us) {
      return;
    }
    line.until_us = change.stamp_us;
    if (line.missed < std::numeric_limits<std::uint8_t>::max()) ++line.missed;
    const auto silence = line.found ? options_.repeat_us : options_.silence_us;
    line.silent = line.missed >= options_.changes && line.until_us - line.since_us >= silence;
  }
  if (line.silent) judge(line, gatherer, change.ticker);
}

// Everything that the gatherer had committed when its stream was proven has been merged: what it
// did not bring until then it will never bring.
void FrozenLines::judge(Line& line, std::size_t gatherer, std::string_view ticker) {
  const auto stream = streams_[gatherer].find(line.stream_id);
  if (stream == streams_[gatherer].end()) return;
  if (stream->second.proven_us < line.until_us + options_.margin_us) return;
  line.silent = false;
  line.missed = 0;
  if (line.since_us <= std::max(stream->second.lost_us, lost_us_[gatherer])) return;
  findings_.push_back({gatherer, std::string(ticker), line.last_us, line.until_us});
  line.last_us = line.until_us;
  line.found = true;
}

void FrozenLines::on_proof(std::size_t gatherer, std::int64_t stream_id,
                           std::int64_t proven_until_us) {
  auto& streams = streams_[gatherer];
  if (streams.size() > kManyStreams) {  // ends of streams are not always told
    std::erase_if(streams, [this](const auto& stream) {
      return stream.second.proven_us < newest_us_ - options_.forget_us;
    });
  }
  auto& proven = streams[stream_id].proven_us;
  proven = std::max(proven, proven_until_us);
}

void FrozenLines::on_ledger(std::size_t gatherer, const MergedLedgerRow& event) {
  if (event.channel != "orderbook_delta") return;
  if (event.event == "gap" || event.event == "drop") note_gap(gatherer, event);
  if (event.event == "close") streams_[gatherer].erase(event.stream_id);
  const bool leaves = event.event == "leave";
  if (!leaves && event.event != "join") return;
  for (const auto ticker : event.tickers) {
    // The market's changes on this stream may still be on their way.
    auto* lines = leaves ? lines_of(ticker) : known_lines_of(ticker);
    if (lines == nullptr) continue;
    auto& line = lines[gatherer];
    if (leaves) line.left_stream = event.stream_id;
    if (!leaves && line.left_stream == event.stream_id) line.left_stream = 0;
  }
}

void FrozenLines::note_gap(std::size_t gatherer, const MergedLedgerRow& event) {
  const auto until = event.to_us.value_or(newest_us_);
  if (event.event == "drop" || event.stream_id == 0) {
    lost_us_[gatherer] = std::max(lost_us_[gatherer], until);
    return;
  }
  if (event.tickers.empty()) {
    auto& lost = streams_[gatherer][event.stream_id].lost_us;
    lost = std::max(lost, until);
    return;
  }
  for (const auto ticker : event.tickers) {
    auto* lines = lines_of(ticker);
    if (lines == nullptr) continue;
    auto& line = lines[gatherer];
    line.last_us = std::max(line.last_us, until);
    line.missed = 0;
    line.silent = false;
  }
}

// The slot of a key, or the free one where it would be.
std::size_t FrozenLines::slot_of(std::uint64_t key) const {
  const auto mask = keys_.size() - 1;
  auto slot = key & mask;
  while (keys_[slot] != 0 && keys_[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

FrozenLines::Line* FrozenLines::known_lines_of(std::string_view ticker) {
  const auto slot = slot_of(key_of(ticker));
  return keys_[slot] == 0 ? nullptr : &lines_[slot * gatherers_];
}

FrozenLines::Line* FrozenLines::lines_of(std::string_view ticker) {
  const auto key = key_of(ticker);
  auto slot = slot_of(key);
  if (keys_[slot] == 0) {
    if (!make_room()) return nullptr;
    slot = slot_of(key);
    keys_[slot] = key;
    ++used_;
  }
  return &lines_[slot * gatherers_];
}

// For one more market. Three quarters full is full.
bool FrozenLines::make_room() {
  const auto full = [this] { return (used_ + 1) * 4 > keys_.size() * 3; };
  if (!full()) return true;
  if (newest_us_ < next_rebuild_us_) return false;
  rebuild(bytes() * 2 <= options_.max_bytes ? keys_.size() * 2 : keys_.size());
  if (full()) next_rebuild_us_ = newest_us_ + kNextTryUs;
  return !full();
}

bool FrozenLines::is_stale(std::size_t slot) const {
  const auto* lines = &lines_[slot * gatherers_];
  return std::all_of(lines, lines + gatherers_, [this](const Line& line) {
    return std::max(line.last_us, line.until_us) < newest_us_ - options_.forget_us;
  });
}

void FrozenLines::rebuild(std::size_t slots) {
  std::vector<std::size_t> kept;
  for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
    if (keys_[slot] != 0 && !is_stale(slot)) kept.push_back(slot);
  }
  const auto old_keys = std::exchange(keys_, std::vector<std::uint64_t>(slots));
  const auto old_lines = std::exchange(lines_, std::vector<Line>(slots * gatherers_));
  for (const auto from : kept) {
    const auto to = slot_of(old_keys[from]);
    keys_[to] = old_keys[from];
    std::copy_n(&old_lines[from * gatherers_], gatherers_, &lines_[to * gatherers_]);
  }
  used_ = kept.size();
}

}  // namespace kd
