#include "sim/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/frame_reader.h"
#include "sim/frame_source.h"
#include "sim/tape_frames.h"

namespace kd::sim {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> unusable(const std::string& where, const std::string& what) {
  return fail(
      Remedy::kGiveUp,
      fmt::format("{}: {}; the recording is damaged or was not written to its end: fetch it "
                  "again, or remove this file's folder to play the others",
                  where, what));
}

class WindowScan {
 public:
  explicit WindowScan(Recording& recording) : recording_(recording) {}

  Expected<void> run(RecordedWindow& window) {
    const auto source = open_frames(window);
    for (bool first = true;; first = false) {
      const auto line = source->next(frames_);
      if (!line) return unusable(source->where(), line.error().what);
      if (!*line) return {};
      note(**line, first, window);
    }
  }

 private:
  void note(const FrameReader::Line& line, bool first, RecordedWindow& window) {
    if (first) window.first_recv_ms = window.last_recv_ms = line.recv_ms;
    window.last_recv_ms = std::max(window.last_recv_ms, line.recv_ms);
    const auto played = frames_.convert({}, line.market_ticker.empty() ? kNoMarket : 0, event_);
    if (!played) {
      const std::string type(line.kind ? line.type : "");
      ++recording_
            .not_played[type.empty() ? played.error().what : type + ": " + played.error().what];
      return;
    }
    ++recording_.frames;
    if (line.market_ticker.empty()) return;
    auto [at, is_new] = window.markets.try_emplace(std::string(line.market_ticker));
    RecordedMarket& market = at->second;
    if (is_new) market.first_recv_ms = window.last_recv_ms;
    market.last_recv_ms = window.last_recv_ms;
    if (market.id.empty()) market.id = line.market_id;
    market.has_created |= line.lifecycle_type == "created";
    market.has_determined |= line.lifecycle_type == "determined";
    market.has_settled |= line.lifecycle_type == "settled";
  }

  Recording& recording_;
  FrameReader frames_;
  FeedEvent event_;
};

std::vector<fs::path> sorted_entries(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Expected<Recording> scan_tape(const std::string& dir) {
  Recording recording{dir, {}, 0, {}};
  RecordedWindow& window = recording.windows.emplace_back();
  window.name = "tape";
  window.is_tape = true;
  KD_TRY(window.files, tape_segments(dir));
  KD_DO(WindowScan(recording).run(window));
  if (recording.frames > 0) return recording;
  return fail(Remedy::kGiveUp,
              fmt::format("the tape in {} holds no frame that can be played", dir));
}

}  // namespace

Expected<Recording> scan_recording(const std::string& dir) {
  if (is_tape(dir)) return scan_tape(dir);
  Recording recording{dir, {}, 0, {}};
  const fs::path events = fs::path(dir) / "events";
  std::error_code error;
  if (!fs::is_directory(events, error)) {
    return fail(Remedy::kGiveUp,
                fmt::format("{} is no recording: it has no folder events/ and no segment of a "
                            "tape; name the folder that holds events/ and metadata/, or a tape",
                            dir));
  }
  for (const fs::path& folder : sorted_entries(events)) {
    RecordedWindow window;
    window.name = folder.filename().string();
    for (const fs::path& file : sorted_entries(folder)) {
      if (file.string().ends_with(".ndjson.gz")) window.files.push_back(file.string());
    }
    if (window.files.empty()) continue;
    if (auto scanned = WindowScan(recording).run(window); !scanned) {
      return tl::unexpected(scanned.error());
    }
    recording.windows.push_back(std::move(window));
  }
  if (recording.frames > 0) return recording;
  return fail(Remedy::kGiveUp, fmt::format("{} holds no frame that can be played", dir));
}

}  // namespace kd::sim
