#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "app/gatherer_store.h"
#include "base/log.h"
#include "router/router.h"

namespace kd {

// What a killed process had received and not committed, decoded again from the end of its tape.
// Rows that were committed come a second time, with the same identity, and are merged with the
// first; so more is read than was lost. They are stored and not proven: what the process said to
// the exchange, and so when a market left, is not looked at.
class TapeRecovery {
 public:
  // Rows wait for their database for some seconds, snapshots for their anchors up to 20 s.
  static constexpr std::chrono::seconds kReadAgain{60};

  struct Options {
    std::filesystem::path directory;
    std::string gatherer_id;
    Router::Options router;  // no questions are asked, nobody is told
  };
  TapeRecovery(Options options, GathererStore& store, RouterMetrics& metrics, Logger log);

  // Before the lanes start and before the tape's next segment is begun. A tape that cannot be read
  // is told and left alone.
  void run();

 private:
  struct Range {
    std::vector<std::filesystem::path> segments;  // the last ones, oldest first
    Micros from{};
    Micros to{};
  };
  Expected<Range> find() const;
  Expected<std::int64_t> decode(const Range& range);
  Expected<void> decode_segment(const std::filesystem::path& file, const Range& range);
  void wait_for_room();
  void note(const Range& range, std::int64_t frames);

  Options options_;
  GathererStore& store_;
  const Logger log_;
  Router router_;
  std::string text_;
  std::int64_t frames_ = 0;
  const std::chrono::steady_clock::time_point patience_ends_ =
      std::chrono::steady_clock::now() + std::chrono::minutes(2);
};

}  // namespace kd
