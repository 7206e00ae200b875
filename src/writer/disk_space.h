#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace kd {

// Of a file system, in bytes. `available` is what we may still use: less than what is free.
struct DiskSpace {
  std::int64_t size = 0;
  std::int64_t used = 0;
  std::int64_t available = 0;

  double used_percent() const;  // as df prints it: used of what could be used by us
  double free_ratio() const;    // 0 to 1
};

// nullopt: it cannot be told.
using DiskProbe = std::function<std::optional<DiskSpace>(const std::filesystem::path&)>;

// Of the file system that holds `path`.
std::optional<DiskSpace> probe_disk(const std::filesystem::path& path);

}  // namespace kd
