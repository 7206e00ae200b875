#include "sim/tape_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace kd::sim {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".kdtape";

std::vector<std::string> segment_files(const std::string& dir) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->path().string().ends_with(kEnding)) files.push_back(at->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Segments of a process are numbered from 1.
bool begins_process(const std::string& file) {
  const std::string stem = fs::path(file).stem();
  const auto number = stem.substr(stem.rfind('-') + 1);
  return number.find_first_not_of('0') == number.size() - 1 && number.ends_with('1');
}

}  // namespace

bool is_tape(const std::string& dir) { return !segment_files(dir).empty(); }

Expected<std::vector<std::string>> tape_segments(const std::string& dir) {
  auto files = segment_files(dir);
  std::string gatherer;
  for (const std::string& file : files) {
    KD_TRY(const auto segment, index_tape_segment(file));
    if (gatherer.empty()) gatherer = segment.gatherer;
    if (segment.gatherer == gatherer) continue;
    return fail(Remedy::kGiveUp,
                fmt::format("{} holds tapes of {} and {}; name a folder with those of one "
                            "gatherer",
                            dir, gatherer, segment.gatherer));
  }
  return files;
}

TapeFrames::TapeFrames(std::vector<std::string> files) : files_(std::move(files)) {}

Expected<bool> TapeFrames::begin_process() {
  if (next_file_ == files_.size()) return false;
  lanes_.clear();
  do {
    KD_TRY(const auto segment, index_tape_segment(files_[next_file_++]));
    for (const TapeBlock& block : segment.blocks) lanes_[block.lane].blocks.push_back(block);
  } while (next_file_ < files_.size() && !begins_process(files_[next_file_]));
  for (auto& [number, lane] : lanes_) advance(lane);
  return true;
}

// A damaged block, or the damaged rest of one, is passed over.
void TapeFrames::advance(Lane& lane) {
  lane.record.reset();
  while (!lane.record) {
    while (!lane.reader || lane.reader->done()) {
      if (lane.next_block == lane.blocks.size()) return;
      auto opened = TapeBlockReader::open(lane.blocks[lane.next_block++]);
      lane.reader.reset();
      if (opened) lane.reader.emplace(std::move(*opened));
    }
    auto record = lane.reader->next();
    if (!record) {
      lane.reader.reset();
    } else if (record->kind == TapeKind::kFrame) {
      lane.record = *record;
    }
  }
}

TapeFrames::Lane* TapeFrames::earliest() {
  Lane* first = nullptr;
  for (auto& [number, lane] : lanes_) {
    const bool earlier =
        lane.record && (first == nullptr || lane.record->mono_us < first->record->mono_us);
    if (earlier) first = &lane;
  }
  return first;
}

Expected<std::optional<FrameReader::Line>> TapeFrames::next(FrameReader& frames) {
  for (;;) {
    Lane* lane = earliest();
    if (lane == nullptr) {
      KD_TRY(const bool more, begin_process());
      if (!more) return std::nullopt;
      continue;
    }
    const TapeRecord record = *lane->record;
    where_ = lane->blocks[lane->next_block - 1].file;
    auto line = frames.read_frame(record.wall_us / 1000, record.text);
    const bool played =
        line && filter_.admits(*line, frames.digest(), record.connection, record.wall_us);
    advance(*lane);  // the reader keeps no view of the record's text
    if (played) return *line;
  }
}

}  // namespace kd::sim
