#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/expected.h"
#include "tape/segment_name.h"

namespace kd {

// A segment being written. Each block goes to the file in one write, so that a process that is
// killed loses no block that append() accepted. Confined to one thread.
class SegmentFile {
 public:
  // Makes the directory where it is missing, and a file that did not exist: when the name is
  // taken, with the next free number, which is then in name(). The header is written.
  static Expected<std::unique_ptr<SegmentFile>> create(const std::filesystem::path& directory,
                                                       std::string_view gatherer_id, Micros start,
                                                       std::uint32_t number);
  // Removes a segment without blocks.
  ~SegmentFile();
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  // After an error the file may end inside a block: nothing more can be appended to it.
  Expected<void> append(std::string_view block);
  // Has the system begin to write out what it holds back; does not wait for it.
  void start_writeback();
  // Until all of it is on the disk, name included.
  Expected<void> sync();

  const SegmentName& name() const { return name_; }
  const std::filesystem::path& path() const { return path_; }
  Micros start() const { return start_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  SegmentFile(int descriptor, std::filesystem::path path, SegmentName name, Micros start)
      : descriptor_(descriptor), path_(std::move(path)), name_(std::move(name)), start_(start) {}
  Expected<void> write(std::string_view bytes);

  const int descriptor_;
  const std::filesystem::path path_;
  const SegmentName name_;
  const Micros start_;
  std::int64_t bytes_ = 0;
  std::uint64_t blocks_ = 0;
};

}  // namespace kd
