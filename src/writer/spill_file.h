#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/expected.h"

namespace kd {

// One file of a spill, open. Errors are kRetry and name the file. One thread at a time.
class SpillFile {
 public:
  // A new file; with `reserve_bytes`, so much of the disk is its own from the beginning.
  static Expected<std::unique_ptr<SpillFile>> create(const std::filesystem::path& path,
                                                     std::int64_t reserve_bytes);
  static Expected<std::unique_ptr<SpillFile>> open(const std::filesystem::path& path);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // All of it or nothing: after an error the file is as it was.
  Expected<void> append(std::string_view bytes);
  // How many bytes were there; fewer than asked for only at the end of the file.
  Expected<std::size_t> read_at(std::int64_t offset, std::span<char> out) const;
  // Returns when a power cut loses nothing of what was appended.
  Expected<void> sync();

  std::int64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  SpillFile(std::filesystem::path path, int descriptor, std::int64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  Error error(std::string_view doing) const;

  const std::filesystem::path path_;
  const int descriptor_;
  std::int64_t size_;
};

// A new name in a directory outlives a power cut only when the directory is synced.
void sync_directory(const std::filesystem::path& directory);

}  // namespace kd
