#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/expected.h"
#include "base/time.h"
#include "tape/segment_name.h"

namespace kd {

struct SegmentEntry {
  std::filesystem::path path;
  SegmentName name;
  std::uint64_t bytes = 0;
};

// The segments of a directory, by gatherer and time. Other files are passed over.
Expected<std::vector<SegmentEntry>> list_segments(const std::filesystem::path& directory);

// How many of one gatherer's segments, from the oldest, end before `now - keep`: a segment ends
// where the next begins, so that the newest is always kept. Pure.
std::size_t expired_segments(std::span<const SegmentEntry> sorted, Micros now,
                             std::chrono::milliseconds keep);

}  // namespace kd
