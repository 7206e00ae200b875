#include "sim/frame_source.h"

#include "sim/gzip_lines.h"
#include "sim/recording.h"
#include "sim/tape_frames.h"

namespace kd::sim {

namespace {

class GzipFrames final : public FrameSource {
 public:
  explicit GzipFrames(std::vector<std::string> files) : lines_(std::move(files)) {}

  Expected<std::optional<FrameReader::Line>> next(FrameReader& frames) override {
    KD_TRY(const auto text, lines_.next());
    if (!text) return std::nullopt;
    KD_TRY(const auto line, frames.read(*text));
    return line;
  }
  std::string where() const override { return lines_.where(); }

 private:
  GzipLineReader lines_;
};

}  // namespace

std::unique_ptr<FrameSource> open_frames(const RecordedWindow& window) {
  if (window.is_tape) return std::make_unique<TapeFrames>(window.files);
  return std::make_unique<GzipFrames>(window.files);
}

}  // namespace kd::sim
