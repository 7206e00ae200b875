#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

struct LocalHttpAnswer {
  int status = 0;
  std::string body;
};

// One request to a program of ours on 127.0.0.1, answered within `wait` or an error (kRetry).
// For status pages and metrics; not for the exchange.
Expected<LocalHttpAnswer> local_http(std::string_view method, std::uint16_t port,
                                     std::string_view target,
                                     std::chrono::milliseconds wait = std::chrono::seconds(2));

// A TCP port of 127.0.0.1 that nobody listens on at this moment.
Expected<std::uint16_t> free_local_port();

// False while some process listens on that port of 127.0.0.1.
bool local_port_is_free(std::uint16_t port);

}  // namespace kd
