#pragma once

#include <memory>
#include <string>

namespace kd {

// Whom a TLS client believes: the system's authorities and perhaps one more. Loaded once and
// shared by many connections: the system's list alone takes more than a megabyte. Immutable; any
// thread.
class TlsTrust {
 public:
  // `ca_file` is PEM; empty: the system's authorities only. A file that cannot be read makes
  // every connection fail, with the reason.
  static std::shared_ptr<const TlsTrust> load(const std::string& ca_file);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  struct Impl;  // tls_trust_impl.h, for the sources of net/ only
  Impl& impl() const { return *impl_; }

 private:
  TlsTrust();
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
