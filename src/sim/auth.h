#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "net/crypto.h"
#include "net/http_server.h"

namespace kd::sim {

struct AuthOptions {
  std::string keys_dir;         // <key id>.pem: public keys; empty: any key id is believed
  std::int64_t skew_ms = 5000;  // how far a client's clock may be off
};

// Who sent a request. Confined to the loop's thread.
class Authenticator {
 public:
  // Reads every key, so that a damaged one is found at the start. The error names it.
  static Expected<Authenticator> create(const AuthOptions& options);

  enum class Verdict : std::uint8_t { kAnonymous, kKnown, kRefused };
  struct Answer {
    Verdict verdict;
    std::string client;  // the key id
    std::string why;     // it was refused
  };
  // `now_ms` is real time. The signed text is timestamp + METHOD + path without query.
  Answer check(const HttpRequest& request, std::int64_t now_ms);

 private:
  explicit Authenticator(AuthOptions options) : options_(std::move(options)) {}
  const VerifyKey* key_of(std::string_view id);

  AuthOptions options_;
  std::map<std::string, VerifyKey, std::less<>> keys_;
};

}  // namespace kd::sim
