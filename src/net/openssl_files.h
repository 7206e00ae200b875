#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "base/expected.h"

namespace kd {

// For the OpenSSL sources of net/ only.

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileClose>;

inline tl::unexpected<Error> file_error(const std::string& path) {
  return fail(Remedy::kGiveUp, fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

inline Expected<FilePtr> open_file(const std::string& path, const char* mode) {
  FilePtr file(std::fopen(path.c_str(), mode));
  if (!file) return file_error(path);
  return file;
}

// A new file that only its owner may read, replacing one that exists.
inline Expected<FilePtr> create_secret_file(const std::string& path) {
  ::unlink(path.c_str());
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return file_error(path);
  return FilePtr(::fdopen(descriptor, "w"));
}

}  // namespace kd
