#include "sim/world_control.h"

#include "sim/json_text.h"
#include "sim/query.h"
#include "sim/rest_api.h"

namespace kd::sim {

std::optional<HttpResponse> control_world(const HttpRequest& request, World& world) {
  if (request.method != "POST" || request.path() != "/sim/historical-cutoff") return std::nullopt;
  bool bad = false;
  const auto age_ms = Query(request.query()).number("age_ms", bad);
  if (bad || !age_ms || *age_ms < 0) {
    return documented_error(400, "invalid_parameters", "age_ms is a number of milliseconds");
  }
  world.state.historical_age_ms = *age_ms;
  std::string out;
  JsonObject object(out);
  object.number("historical_age_ms", *age_ms).close();
  return HttpResponse{200, "application/json", std::move(out), {}};
}

}  // namespace kd::sim
