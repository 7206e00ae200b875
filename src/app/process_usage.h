#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace kd {

// What a process took from the machine since its start. A value.
struct ProcessUsage {
  double cpu_seconds = 0;           // of all its threads
  std::int64_t peak_rss_bytes = 0;  // 0: not told
};

// Nothing when there is no such process.
std::optional<ProcessUsage> usage_of(pid_t process);

// The processor time of the process and its children, those that have ended included. Their memory
// is shared and not told.
std::optional<ProcessUsage> usage_with_children(pid_t process);

// Of the texts of /proc/<id>/stat and /proc/<id>/status.
struct StatTimes {
  pid_t parent = 0;
  double own_seconds = 0;
  double ended_children_seconds = 0;
};
std::optional<StatTimes> parse_stat(std::string_view text, long ticks_per_second);
std::int64_t parse_peak_rss(std::string_view status);

}  // namespace kd
