#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/frame_source.h"
#include "sim/tape_filter.h"
#include "sim/tape_segment.h"

namespace kd::sim {

// Whether a folder holds segments of a tape.
bool is_tape(const std::string& dir);
// Its segments in order. The error: they are of several gatherers, or one is none.
Expected<std::vector<std::string>> tape_segments(const std::string& dir);

// What happened on the exchange by the segments of one gatherer: its processes one after another,
// the lanes of each merged by the monotonic clock. Passes over what is damaged and over frames
// that are no JSON. Confined to one thread.
class TapeFrames final : public FrameSource {
 public:
  explicit TapeFrames(std::vector<std::string> files);

  Expected<std::optional<FrameReader::Line>> next(FrameReader& frames) override;
  std::string where() const override { return where_; }

 private:
  struct Lane {
    std::vector<TapeBlock> blocks;
    std::size_t next_block = 0;
    std::optional<TapeBlockReader> reader;
    std::optional<TapeRecord> record;  // the next one
  };

  Expected<bool> begin_process();  // false: there is none left
  void advance(Lane& lane);
  Lane* earliest();

  const std::vector<std::string> files_;
  std::size_t next_file_ = 0;
  std::map<std::uint32_t, Lane> lanes_;
  TapeFilter filter_;
  std::string where_;
};

}  // namespace kd::sim
