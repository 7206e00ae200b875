#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/tape_options.h"
#include "base/expected.h"
#include "codec/tape_reader.h"
#include "codec/tape_record.h"

namespace kd {

// The segments that `paths` name, directories looked into, in the order given and within a
// directory by gatherer and time. The error says what to give instead.
Expected<std::vector<std::filesystem::path>> find_tape_files(
    const std::vector<std::filesystem::path>& paths);

// What could not be read of one or more segments.
struct TapeFaults {
  std::uint64_t damaged_places = 0;
  std::uint64_t damaged_bytes = 0;
  std::uint64_t torn_bytes = 0;
  std::uint64_t unreadable_files = 0;

  bool damaged() const { return damaged_places > 0 || unreadable_files > 0; }
  void add(const TapeFaults& other);
};

// How far a long work has come, on stderr where that is a terminal. Confined to one thread.
class TapeProgress {
 public:
  explicit TapeProgress(std::string verb);
  ~TapeProgress();  // takes the line away
  TapeProgress(const TapeProgress&) = delete;
  TapeProgress& operator=(const TapeProgress&) = delete;

  void at(std::size_t file, std::size_t files, std::uint64_t frames);

 private:
  const std::string verb_;
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

// Every record of the segments that the options want, in the order of the files; `record` answers
// false to stop. What cannot be read is told on stderr, one line per place.
TapeFaults read_tape(
    const std::vector<std::filesystem::path>& files, const TapeOptions& options,
    TapeProgress& progress,
    const std::function<bool(const std::filesystem::path&, const TapeRecord&)>& record);

}  // namespace kd
