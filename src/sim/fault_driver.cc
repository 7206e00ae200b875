#include "sim/fault_driver.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/json_text.h"
#include "sim/player.h"
#include "sim/rest_api.h"

namespace kd::sim {

namespace {

constexpr std::uint16_t kGoingAway = 1001;
constexpr int kAllShards = -1;

std::string_view name_of(Faults::Fault::State state) {
  if (state == Faults::Fault::State::kWaiting) return "waiting";
  return state == Faults::Fault::State::kHolds ? "holds" : "ended";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

FaultDriver::FaultDriver(Exchange& exchange, Connections& connections, std::uint64_t seed)
    : exchange_(exchange), connections_(connections), random_(seed) {}

void FaultDriver::order(FaultSpec spec, std::int64_t now_ms) {
  exchange_.faults.add(std::move(spec), now_ms);
}

std::optional<HttpResponse> FaultDriver::control(const HttpRequest& request, std::int64_t now_ms) {
  if (request.path() != "/sim/faults") return std::nullopt;
  if (request.method == "POST") {
    std::vector<FaultSpec> specs;
    for (const std::string_view line : lines_of(request.body)) {
      auto spec = parse_fault(line);
      if (!spec) return nested_error(400, "bad_request", spec.error().what);
      specs.push_back(std::move(*spec));
    }
    for (FaultSpec& spec : specs) order(std::move(spec), now_ms);
  } else if (request.method == "DELETE") {
    exchange_.faults.clear();
  } else if (request.method != "GET" && request.method != "HEAD") {
    return nested_error(405, "method_not_allowed", "GET, POST or DELETE");
  }
  tick(now_ms);
  return HttpResponse{200, "application/json", listing(now_ms), {}};
}

std::string FaultDriver::listing(std::int64_t now_ms) const {
  std::string out;
  JsonObject object(out);
  object.key("faults").push_back('[');
  for (const Faults::Fault& fault : exchange_.faults.all()) {
    if (out.back() != '[') out.push_back(',');
    JsonObject item(out);
    item.text("fault", fault.spec.text).text("state", name_of(fault.state));
    item.number("strikes", fault.strikes);
    if (fault.state != Faults::Fault::State::kEnded && fault.ends_ms != INT64_MAX) {
      item.number("ends_in_ms", fault.ends_ms - now_ms);
    }
    item.close();
  }
  out.push_back(']');
  object.close();
  return out;
}

void FaultDriver::tick(std::int64_t now_ms) {
  exchange_.faults.advance(now_ms, newest_);
  for (const Faults::Turn& turn : exchange_.faults.turns()) apply(turn, now_ms);
  if (behaves_ || exchange_.faults.hold(FaultReach::kConnection)) {
    behaves_ = exchange_.faults.hold(FaultReach::kConnection);
    for (const auto& connection : connections_) opened(*connection);
  }
  if (!exchange_.faults.hold(FaultReach::kBlow)) return;
  std::vector<FaultyConnection> targets;
  for (const auto& connection : connections_) {
    if (connection->is_open()) targets.push_back(connection->for_faults());
  }
  for (const Faults::Blow& blow : exchange_.faults.blows(now_ms, targets)) {
    for (const auto& connection : connections_) {
      if (connection->for_faults().number == blow.connection) connection->strike(blow.spec);
    }
  }
}

void FaultDriver::opened(Connection& connection) {
  connection.behave(exchange_.faults.of(connection.for_faults()));
}

std::optional<UpgradeDecision> FaultDriver::meet(std::string_view client) {
  if (!exchange_.faults.hold(FaultReach::kUpgrade)) return std::nullopt;
  const FaultSpec* fault = exchange_.faults.strike(FaultReach::kUpgrade, {client, 0, {}, {}, {}});
  if (fault == nullptr) return std::nullopt;
  UpgradeDecision decision;
  if (fault->kind == FaultKind::kSlowAccept) {
    decision.delay = std::chrono::milliseconds(fault->amount);
  } else if (fault->amount == 0) {
    decision.hang_up = true;
  } else {
    decision.refusal = faulty_answer(*fault, "");
  }
  return decision;
}

const FaultSpec* FaultDriver::meet(std::string_view client, std::string_view path) {
  if (!exchange_.faults.hold(FaultReach::kRequest)) return nullptr;
  return exchange_.faults.strike(FaultReach::kRequest, {client, 0, {}, {}, path});
}

void FaultDriver::apply(const Faults::Turn& turn, std::int64_t now_ms) {
  if (turn.spec.kind == FaultKind::kMaintenance) maintain(turn, now_ms);
  if (turn.spec.kind == FaultKind::kVanish) vanish(turn);
  if (turn.spec.kind == FaultKind::kClockSkew) {
    const std::int64_t by = turn.spec.how == "behind" ? -turn.spec.amount : turn.spec.amount;
    exchange_.clock.skew_by(turn.begins ? by : 0, now_ms);
    if (turn.begins) exchange_.faults.count(FaultKind::kClockSkew, 1);
  }
}

void FaultDriver::maintain(const Faults::Turn& turn, std::int64_t now_ms) {
  ExchangeState& state = exchange_.world.state;
  const bool whole = turn.spec.amount == kAllShards;
  const bool all_of_it = turn.spec.how == "all";
  for (std::size_t i = 0; i < state.shards.size(); ++i) {
    if (!whole && static_cast<std::int64_t>(i) != turn.spec.amount) continue;
    state.shards[i].trading_active = !turn.begins;
    if (all_of_it) state.shards[i].exchange_active = !turn.begins;
  }
  state.resume_ms.reset();
  if (!turn.begins) return;
  exchange_.faults.count(FaultKind::kMaintenance, 1);
  const std::int64_t from = exchange_.clock.now(now_ms);
  if (turn.spec.for_ms > 0) {
    state.resume_ms = from + turn.spec.for_ms;
    if (whole) state.maintenance.push_back({from, from + turn.spec.for_ms});
  }
  if (!whole || !all_of_it) return;
  for (const auto& connection : connections_) {
    if (connection->is_open()) connection->close(kGoingAway, FaultKind::kMaintenance);
  }
}

void FaultDriver::vanish(const Faults::Turn& turn) {
  if (turn.begins) {
    exchange_.faults.count(FaultKind::kVanish, vanish_some(turn.spec));
    return;
  }
  std::erase_if(vanished_, [&](const auto& gone) {
    if (gone.first.text != turn.spec.text) return false;
    exchange_.world.market(gone.second).vanished = false;
    return true;
  });
}

std::int64_t FaultDriver::vanish_some(const FaultSpec& spec) {
  World& world = exchange_.world;
  const std::int64_t now = exchange_.clock.now(real_now_ms());
  const std::size_t before = vanished_.size();
  const auto most = static_cast<std::size_t>(spec.count == 0 ? INT64_MAX : spec.count);
  for (MarketIndex at = 0; at < world.market_count(); ++at) {
    Market& market = world.market(at);
    if (market.vanished || status_at(market, now) != MarketStatus::kActive) continue;
    if (!spec.market.empty() && spec.market != market.ticker) continue;
    if (vanished_.size() - before >= most) break;
    if (spec.probability < 1 && !random_.chance(spec.probability)) continue;
    market.vanished = true;
    vanished_.emplace_back(spec, at);
  }
  return static_cast<std::int64_t>(vanished_.size() - before);
}

HttpResponse faulty_answer(const FaultSpec& fault, std::string_view status_body) {
  const int status = static_cast<int>(fault.amount);
  if (fault.how == "html") {
    return {
        status,
        "text/html",
        fmt::format("<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}"
                    "</h1></center>\r\n<hr><center>cloudfront</center>\r\n</body>\r\n</html>\r\n",
                    status),
        {}};
  }
  if (fault.how == "status") return {status, "application/json", std::string(status_body), {}};
  if (fault.how == "empty") return {status, "application/json", "", {}};
  if (status == 429) return too_many_requests();
  return nested_error(status, status == 401 ? "unauthorized" : "internal_error", "on purpose");
}

}  // namespace kd::sim
