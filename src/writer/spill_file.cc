#include "writer/spill_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kd {
namespace {

Error file_error(const std::filesystem::path& path, std::string_view doing) {
  return {Remedy::kRetry,
          fmt::format("{}: {}: {}", path.string(), doing, std::generic_category().message(errno))};
}

}  // namespace

Expected<std::unique_ptr<SpillFile>> SpillFile::create(const std::filesystem::path& path,
                                                       std::int64_t reserve_bytes) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return tl::unexpected(file_error(path, "cannot be made"));
  std::unique_ptr<SpillFile> file(new SpillFile(path, fd, 0));
  // A file system that cannot reserve (EOPNOTSUPP) is no reason to have no file.
  if (reserve_bytes > 0 && ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, reserve_bytes) != 0 &&
      errno == ENOSPC) {
    auto full = file_error(path, "no room to reserve");
    ::unlink(path.c_str());
    return tl::unexpected(std::move(full));
  }
  return file;
}

Expected<std::unique_ptr<SpillFile>> SpillFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(file_error(path, "cannot be opened"));
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    auto error = file_error(path, "cannot be looked at");
    ::close(fd);
    return tl::unexpected(std::move(error));
  }
  return std::unique_ptr<SpillFile>(new SpillFile(path, fd, status.st_size));
}

SpillFile::~SpillFile() { ::close(descriptor_); }

Error SpillFile::error(std::string_view doing) const { return file_error(path_, doing); }

Expected<void> SpillFile::append(std::string_view bytes) {
  auto at = size_;
  while (!bytes.empty()) {
    const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      auto failed = error("cannot be written");
      if (::ftruncate(descriptor_, size_) != 0) failed.what += ", nor cut back";
      return tl::unexpected(std::move(failed));
    }
    at += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  size_ = at;
  return {};
}

Expected<std::size_t> SpillFile::read_at(std::int64_t offset, std::span<char> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = ::pread(descriptor_, out.data() + done, out.size() - done,
                             offset + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(error("cannot be read"));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Expected<void> SpillFile::sync() {
  if (::fdatasync(descriptor_) != 0) return tl::unexpected(error("cannot be synced"));
  return {};
}

void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace kd
