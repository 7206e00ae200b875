#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/expected.h"
#include "sim/frame_reader.h"

namespace kd::sim {

// The frames of one window of a recording, in the order to play. Confined to one thread.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // The next frame, read by `frames`; nothing behind the last one. The error ends the reading.
  virtual Expected<std::optional<FrameReader::Line>> next(FrameReader& frames) = 0;
  // Of the frame last read, or where reading failed.
  virtual std::string where() const = 0;
};

struct RecordedWindow;
std::unique_ptr<FrameSource> open_frames(const RecordedWindow& window);

}  // namespace kd::sim
