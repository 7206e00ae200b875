#include "app/tape_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include "tape/mapped_file.h"
#include "tape/segment_list.h"

namespace kd {
namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::uint64_t kLookAtClockEvery = 4096;  // records

void complain(const std::filesystem::path& path, const std::string& what) {
  fmt::print(stderr, "{}: {}\n", path.string(), what);
}

TapeFaults tell_faults(const std::filesystem::path& path, const TapeReader& reader) {
  TapeFaults faults;
  for (const auto& damage : reader.damage()) {
    complain(path, fmt::format("damaged: {}: bytes {} to {} are passed over", damage.what,
                               damage.offset, damage.offset + damage.bytes));
    ++faults.damaged_places;
    faults.damaged_bytes += damage.bytes;
  }
  if (reader.torn_bytes() > 0) {
    complain(path, fmt::format("torn: the last {} bytes are no whole block (its writer was killed, "
                               "or is at work)",
                               reader.torn_bytes()));
    faults.torn_bytes = reader.torn_bytes();
  }
  return faults;
}

}  // namespace

void TapeFaults::add(const TapeFaults& other) {
  damaged_places += other.damaged_places;
  damaged_bytes += other.damaged_bytes;
  torn_bytes += other.torn_bytes;
  unreadable_files += other.unreadable_files;
}

Expected<std::vector<std::filesystem::path>> find_tape_files(
    const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      if (!std::filesystem::exists(path)) {
        return fail(Remedy::kGiveUp, path.string() + ": no such file or directory");
      }
      files.push_back(path);
      continue;
    }
    KD_TRY(const auto segments, list_segments(path));
    if (segments.empty()) {
      return fail(Remedy::kGiveUp, path.string() +
                                       ": no segment (*.kdtape) is in it; tape.dir in a gatherer's "
                                       "configuration says where its tape is");
    }
    for (const auto& segment : segments) files.push_back(segment.path);
  }
  return files;
}

TapeProgress::TapeProgress(std::string verb)
    : verb_(std::move(verb)), terminal_(::isatty(STDERR_FILENO) == 1) {}

TapeProgress::~TapeProgress() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void TapeProgress::at(std::size_t file, std::size_t files, std::uint64_t frames) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + kRedraw;
  drawn_ = true;
  fmt::print(stderr, "\r\033[K{}: segment {} of {}, {} records", verb_, file + 1, files, frames);
}

TapeFaults read_tape(
    const std::vector<std::filesystem::path>& files, const TapeOptions& options,
    TapeProgress& progress,
    const std::function<bool(const std::filesystem::path&, const TapeRecord&)>& record) {
  TapeFaults faults;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto file = MappedFile::open(files[i]);
    auto reader = file ? TapeReader::open(file->bytes(), options.times)
                       : Expected<TapeReader>(tl::unexpected(file.error()));
    if (!reader) {
      complain(files[i], reader.error().what);
      ++faults.unreadable_files;
      continue;
    }
    for (TapeRecord next; reader->next(next);) {
      if (++count % kLookAtClockEvery == 0) progress.at(i, files.size(), count);
      if (options.connection && next.connection != *options.connection) continue;
      if (!record(files[i], next)) return faults;
    }
    faults.add(tell_faults(files[i], *reader));
  }
  return faults;
}

}  // namespace kd
