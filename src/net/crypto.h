#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace kd {

// A private key that signs requests. RSA keys sign RSASSA-PSS with SHA-256, MGF1 with SHA-256
// and a salt of 32 bytes; Ed25519 keys sign pure Ed25519. Immutable; any thread.
class SigningKey {
 public:
  // A PEM file, PKCS#1 or PKCS#8; its header does not tell the type, its content does. Refuses
  // a file that group or others may read. The error names the file and what is wrong with it.
  static Expected<SigningKey> load_pem(const std::string& path);

  // Standard base64 with padding.
  std::string sign(std::string_view text) const;

  struct Impl;

 private:
  explicit SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// The public half. Immutable; any thread.
class VerifyKey {
 public:
  static Expected<VerifyKey> load_pem(const std::string& path);

  // False for a wrong signature and for text that is no base64.
  bool verify(std::string_view text, std::string_view base64_signature) const;

  struct Impl;

 private:
  explicit VerifyKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// A fresh key pair as PEM files (PKCS#8, readable by the owner only; SubjectPublicKeyInfo).
Expected<void> generate_rsa_key_pair(const std::string& private_file,
                                     const std::string& public_file);
Expected<void> generate_ed25519_key_pair(const std::string& private_file,
                                         const std::string& public_file);

// A certificate authority for this machine's own use and a server certificate signed by it, for
// localhost, 127.0.0.1, ::1 and `more_hosts`; valid from a day ago for ten years.
struct TlsFiles {
  std::string ca_certificate;      // <dir>/ca.pem: what a client must trust
  std::string server_certificate;  // <dir>/server.pem
  std::string server_key;          // <dir>/server.key
};
Expected<TlsFiles> make_throwaway_ca(const std::string& dir,
                                     const std::vector<std::string>& more_hosts = {});

std::string base64_encode(std::string_view bytes);
Expected<std::string> base64_decode(std::string_view text);  // standard alphabet, padded
// The 20 raw bytes: for the WebSocket handshake, never for security.
std::string sha1(std::string_view bytes);

}  // namespace kd
