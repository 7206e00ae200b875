#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace kd::sim {

// The lines of several gzip files, one after another, read in small pieces. Between pieces no
// file is open, so that thousands of readers need neither descriptors nor much memory (about
// 100 kB each). A file may consist of several gzip members. Confined to one thread.
class GzipLineReader {
 public:
  explicit GzipLineReader(std::vector<std::string> files);
  ~GzipLineReader();
  GzipLineReader(GzipLineReader&&) noexcept;
  GzipLineReader& operator=(GzipLineReader&&) noexcept;

  // The next line without its end, valid until the next call; nothing behind the last one. A file
  // that ends in the middle of its gzip data is an error that says so.
  Expected<std::optional<std::string_view>> next();
  // "file:line" of the line last returned, or of where reading failed.
  std::string where() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends `text` to a file as one complete gzip member.
Expected<void> append_gzip_member(const std::string& path, std::string_view text);

}  // namespace kd::sim
