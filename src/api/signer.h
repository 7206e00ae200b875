#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "net/crypto.h"

namespace kd {

// Signs requests as the exchange asks (protocol notes, section 1.2): base64 signature over
// timestamp in ms + METHOD + path from the host's root, without query. Immutable; any thread.
class Signer {
 public:
  Signer(std::string key_id, SigningKey key) : key_id_(std::move(key_id)), key_(std::move(key)) {}

  // Headers for one request; `target` may carry a query, which is not signed.
  std::vector<std::pair<std::string, std::string>> headers(std::string_view method,
                                                           std::string_view target,
                                                           Micros now) const;

 private:
  std::string key_id_;
  SigningKey key_;
};

}  // namespace kd
