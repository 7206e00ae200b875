#include "tape/segment_list.h"

#include <algorithm>
#include <system_error>

namespace kd {

Expected<std::vector<SegmentEntry>> list_segments(const std::filesystem::path& directory) {
  std::vector<SegmentEntry> found;
  std::error_code error;
  std::filesystem::directory_iterator files(directory, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const auto name = SegmentName::parse(files->path().filename().string());
    if (!name) continue;
    // Another process may remove it at any time.
    std::error_code gone;
    const auto bytes = files->file_size(gone);
    if (!gone) found.push_back({.path = files->path(), .name = *name, .bytes = bytes});
  }
  if (error) {
    return fail(Remedy::kRetry, directory.string() + ": " + error.message());
  }
  std::ranges::sort(found, {}, &SegmentEntry::name);
  return found;
}

std::size_t expired_segments(std::span<const SegmentEntry> sorted, Micros now,
                             std::chrono::milliseconds keep) {
  std::size_t count = 0;
  while (count + 1 < sorted.size() && sorted[count + 1].name.start < now - keep) ++count;
  return count;
}

}  // namespace kd
