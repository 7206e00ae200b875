#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"

namespace kd {

// An exchange that is not our simulator, and the key to it. A value.
struct RealExchange {
  std::string name;      // demo or production
  std::string rest_url;  // with /trade-api/v2
  std::string ws_url;    // with /trade-api/ws/v2
  std::string ca_file;   // a further trusted authority (PEM); empty: the system's
  std::string key_id;
  std::string private_key_file;
  std::vector<std::string> series;  // that are recorded
};

// The series of a first look: a market that trades round the clock, the day's weather, and the
// price index.
const std::vector<std::string>& usual_series();

// The addresses of "demo" or "production"; nothing for another name.
std::optional<RealExchange> real_exchange(const std::string& name);

// Asks the exchange who we are, once, so that a mistake shows before anything is started. The
// error names the key file, the host or the key id that is refused.
Expected<void> check_credentials(const RealExchange& exchange);

}  // namespace kd
