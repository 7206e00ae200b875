#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/expected.h"

namespace kd {

// A file's bytes as memory, as many as it had when it was opened; it may grow meanwhile, as the
// tape's segments do. Moved, not copied; any thread.
class MappedFile {
 public:
  static Expected<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_;
  std::size_t size_;
};

}  // namespace kd
