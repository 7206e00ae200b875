#include "app/up_layout.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

namespace kd {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;

// Whether an account that owns nothing here could pass through all parents of `directory`.
bool others_may_pass(const fs::path& directory) {
  for (fs::path at = directory; at != at.root_path(); at = at.parent_path()) {
    std::error_code missing;
    const auto status = fs::status(at, missing);
    if (missing || !fs::exists(status)) continue;  // will be made by us
    if ((status.permissions() & fs::perms::others_exec) == fs::perms::none) return false;
  }
  return true;
}

Expected<void> make(const fs::path& directory, bool secret) {
  std::error_code problem;
  fs::create_directories(directory, problem);
  if (!problem && secret) {
    fs::permissions(directory, fs::perms::owner_all, fs::perm_options::replace, problem);
  }
  if (problem) {
    return fail(Remedy::kGiveUp,
                "cannot make the directory " + directory.string() + ": " + problem.message());
  }
  return {};
}

std::string random_hex() {
  std::array<unsigned char, 24> bytes{};
  std::string out;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace

Expected<UpLayout> choose_layout(const fs::path& directory, bool as_root) {
  std::error_code problem;
  // A relative path that does not exist yet would stay relative; our children work elsewhere.
  const fs::path whole = fs::weakly_canonical(fs::absolute(directory), problem);
  if (problem) {
    return fail(Remedy::kGiveUp, "--dir: " + directory.string() + ": " + problem.message());
  }
  UpLayout layout{.directory = whole, .clusters = whole / "clusters"};
  if (as_root && !others_may_pass(whole)) {
    layout.clusters = fmt::format("/var/tmp/kalshi-data-{:08x}",
                                  std::hash<std::string>{}(whole.string()) & 0xFFFF'FFFF);
  }
  return layout;
}

Expected<void> make_directories(const UpLayout& layout) {
  for (const auto* open : {"", "config", "log"}) {
    KD_DO(make(layout.directory / open, false));
  }
  for (const auto* secret : {"keys", "secrets"}) {
    KD_DO(make(layout.directory / secret, true));
  }
  KD_DO(make(layout.public_keys(), false));
  KD_DO(make(layout.clusters, false));
  // Below /var/tmp somebody else may have made it before us.
  struct stat status{};
  if (::lstat(layout.clusters.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
      status.st_uid == ::geteuid()) {
    return {};
  }
  return fail(Remedy::kGiveUp, layout.clusters.string() + " belongs to somebody else; remove it");
}

Expected<void> wipe(const UpLayout& layout) {
  std::error_code problem;
  fs::remove_all(layout.clusters, problem);
  for (const auto& entry : fs::directory_iterator(layout.directory)) {
    if (problem) break;
    if (entry.path() != layout.lock()) fs::remove_all(entry.path(), problem);
  }
  if (problem) {
    return fail(Remedy::kGiveUp,
                "--fresh: cannot empty " + layout.directory.string() + ": " + problem.message());
  }
  return {};
}

Expected<void> write_private(const fs::path& file, const std::string& text) {
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  const bool good = out >= 0 && ::fchmod(out, kOwnerOnly) == 0 &&
                    ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int problem = errno;
  if (out >= 0) ::close(out);
  if (good) return {};
  return fail(Remedy::kGiveUp,
              "cannot write " + file.string() + ": " + std::system_category().message(problem));
}

Expected<std::string> secret_in(const fs::path& file) {
  std::ifstream in(file);
  if (in) {
    std::string text{std::istreambuf_iterator<char>(in), {}};
    while (text.ends_with('\n')) text.pop_back();
    if (!text.empty()) return text;
  }
  std::string text = random_hex();
  if (text.empty()) return fail(Remedy::kGiveUp, "the system gives no random numbers");
  KD_DO(write_private(file, text + "\n"));
  return text;
}

Expected<DirectoryLock> DirectoryLock::take(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return fail(Remedy::kGiveUp,
                "cannot write " + file.string() + ": " + std::system_category().message(errno));
  }
  DirectoryLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const auto size = ::read(descriptor, holder.data(), holder.size() - 1);
    return fail(Remedy::kGiveUp,
                fmt::format("{} is in use by another 'kalshi-data up' (process {}); stop it, or "
                            "take another --dir",
                            file.parent_path().string(), size > 0 ? holder.data() : "unknown"));
  }
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::write(descriptor, self.data(), self.size()) != static_cast<ssize_t>(self.size())) {
    return fail(Remedy::kGiveUp,
                "cannot write " + file.string() + ": " + std::system_category().message(errno));
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace kd
