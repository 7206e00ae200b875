#pragma once

#include <filesystem>
#include <string>

#include "base/expected.h"

namespace kd {

// Where `kalshi-data up` keeps everything. Paths are absolute. A value.
//
//   var/                        clusters/gatherer-1/ … clusters/production/
//     lock                      keys/<id>.key (private)   keys/public/<id>.pem
//     secrets/<cluster>-<role>  config/<program>.yaml     log/<program>.log   truth.tsv
struct UpLayout {
  std::filesystem::path directory;
  std::filesystem::path clusters;  // elsewhere when the server's account cannot reach `directory`

  std::filesystem::path lock() const { return directory / "lock"; }
  std::filesystem::path truth() const { return directory / "truth.tsv"; }
  std::filesystem::path public_keys() const { return directory / "keys" / "public"; }
  std::filesystem::path private_key(const std::string& id) const {
    return directory / "keys" / (id + ".key");
  }
  std::filesystem::path public_key(const std::string& id) const {
    return public_keys() / (id + ".pem");
  }
  std::filesystem::path secret(const std::string& cluster, const std::string& role) const {
    return directory / "secrets" / (cluster + "-" + role);
  }
  std::filesystem::path config(const std::string& program) const {
    return directory / "config" / (program + ".yaml");
  }
  std::filesystem::path spill(const std::string& gatherer) const {
    return directory / "spill" / gatherer;
  }
  std::filesystem::path tape(const std::string& gatherer) const {
    return directory / "tape" / gatherer;
  }
  std::filesystem::path log(const std::string& program) const {
    return directory / "log" / (program + ".log");
  }
};

// As root the PostgreSQL servers run under another account. When a parent of `directory` is
// closed to it, their data go to a directory of their own below /var/tmp.
Expected<UpLayout> choose_layout(const std::filesystem::path& directory, bool as_root);

// Makes the directories; those with secrets are closed to others.
Expected<void> make_directories(const UpLayout& layout);

// Removes everything but the lock.
Expected<void> wipe(const UpLayout& layout);

// The text of `file`, or, when there is none, a new random one written there with mode 0600.
Expected<std::string> secret_in(const std::filesystem::path& file);

// Replaces the file; mode 0600.
Expected<void> write_private(const std::filesystem::path& file, const std::string& text);

// Held while it lives; a second holder of the same file is refused with the first one's id.
class DirectoryLock {
 public:
  static Expected<DirectoryLock> take(const std::filesystem::path& file);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace kd
