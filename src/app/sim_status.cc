#include "app/sim_status.h"

#include <charconv>
#include <numeric>

#include "codec/flat_json.h"

namespace kd {
namespace {

constexpr std::string_view kEmitted = "emitted.";

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::int64_t SimStatus::emitted_of(const std::string& kind) const {
  const auto found = emitted.find(kind);
  return found == emitted.end() ? 0 : found->second;
}

std::int64_t SimStatus::emitted_total() const {
  return std::accumulate(emitted.begin(), emitted.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& kind) { return sum + kind.second; });
}

Expected<SimStatus> parse_sim_status(std::string_view json) {
  KD_TRY(const auto flat, flatten_json(json));
  SimStatus status;
  for (const auto& [path, value] : flat) {
    if (path == "state") status.state = value;
    if (path == "buffered_bytes") status.buffered_bytes = number(value);
    if (path.starts_with(kEmitted)) status.emitted[path.substr(kEmitted.size())] = number(value);
    if (path.starts_with("clients[") && path.ends_with("].ready") && value == "true") {
      ++status.ready_clients;
    }
  }
  if (status.state.empty()) {
    return fail(Remedy::kDropItem, "the simulator's status has no 'state'");
  }
  return status;
}

}  // namespace kd
