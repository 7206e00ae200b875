#include "tape/segment_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "codec/tape_block.h"

namespace kd {
namespace {

constexpr int kMode = 0640;

Error trouble(const std::filesystem::path& path, int code) {
  return {Remedy::kRetry, path.string() + ": " + std::generic_category().message(code)};
}

Expected<void> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(trouble(directory, errno));
  const int result = ::fsync(descriptor);
  const int code = errno;
  ::close(descriptor);
  if (result != 0) return tl::unexpected(trouble(directory, code));
  return {};
}

}  // namespace

Expected<std::unique_ptr<SegmentFile>> SegmentFile::create(const std::filesystem::path& directory,
                                                           std::string_view gatherer_id,
                                                           Micros start, std::uint32_t number) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return tl::unexpected(trouble(directory, error.value()));
  auto name = SegmentName::of(gatherer_id, start, number);
  int descriptor = -1;
  while (true) {
    const auto path = directory / name.file_name();
    descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kMode);
    if (descriptor >= 0) break;
    if (errno != EEXIST) return tl::unexpected(trouble(path, errno));
    ++name.number;
  }
  std::unique_ptr<SegmentFile> file(
      new SegmentFile(descriptor, directory / name.file_name(), name, start));
  KD_DO(file->write(encode_tape_header({.gatherer_id = std::string(gatherer_id), .start = start})));
  return file;
}

SegmentFile::~SegmentFile() {
  ::close(descriptor_);
  if (blocks_ == 0) ::unlink(path_.c_str());
}

Expected<void> SegmentFile::append(std::string_view block) {
  KD_DO(write(block));
  ++blocks_;
  return {};
}

Expected<void> SegmentFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tl::unexpected(trouble(path_, errno));
    bytes_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void SegmentFile::start_writeback() { ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE); }

Expected<void> SegmentFile::sync() {
  if (::fdatasync(descriptor_) != 0) return tl::unexpected(trouble(path_, errno));
  return sync_directory(path_.parent_path());
}

}  // namespace kd
