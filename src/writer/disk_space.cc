#include "writer/disk_space.h"

#include <sys/statvfs.h>

namespace kd {

double DiskSpace::free_ratio() const {
  const auto usable = static_cast<double>(used + available);
  return usable > 0 ? static_cast<double>(available) / usable : 0;
}

double DiskSpace::used_percent() const { return 100 * (1 - free_ratio()); }

std::optional<DiskSpace> probe_disk(const std::filesystem::path& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return {};
  const auto unit = static_cast<std::int64_t>(status.f_frsize);
  const auto blocks = [unit](fsblkcnt_t count) { return static_cast<std::int64_t>(count) * unit; };
  return DiskSpace{.size = blocks(status.f_blocks),
                   .used = blocks(status.f_blocks - status.f_bfree),
                   .available = blocks(status.f_bavail)};
}

}  // namespace kd
