#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kd {

// What the name of a segment's file says: <gatherer id>-<UTC start>-<n>.kdtape. A value; sorts by
// gatherer, then by time.
struct SegmentName {
  std::string gatherer_id;   // with '_' for what does not go into a file name
  Micros start{};            // whole seconds
  std::uint32_t number = 0;  // of the segment within its process

  static SegmentName of(std::string_view gatherer_id, Micros start, std::uint32_t number);
  static std::optional<SegmentName> parse(std::string_view file_name);
  std::string file_name() const;

  friend auto operator<=>(const SegmentName&, const SegmentName&) = default;
};

}  // namespace kd
