#pragma once

#include <cstdint>
#include <optional>

#include "net/http_server.h"
#include "sim/world.h"

namespace kd::sim {

// What POST /sim/historical-cutoff?age_ms=N asks of the world; nothing for other requests.
std::optional<HttpResponse> control_world(const HttpRequest& request, World& world);

}  // namespace kd::sim
