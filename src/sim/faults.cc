#include "sim/faults.h"

#include <algorithm>
#include <utility>

namespace kd::sim {

namespace {

bool matches(const std::string& wanted, std::string_view found) {
  return wanted.empty() || wanted == found;
}

bool matches(const FaultSpec& spec, const FaultTarget& target) {
  return matches(spec.client, target.client) &&
         (spec.connection == 0 || spec.connection == target.connection) &&
         matches(spec.channel, target.channel) && matches(spec.market, target.market) &&
         target.path.starts_with(spec.path);
}

bool matches(const FaultSpec& spec, const FaultyConnection& connection) {
  const auto& channels = connection.channels;
  return matches(spec.client, connection.client) &&
         (spec.connection == 0 || spec.connection == connection.connection) &&
         (spec.channel.empty() || spec.kind == FaultKind::kFlipLeg ||
          std::find(channels.begin(), channels.end(), spec.channel) != channels.end());
}

void apply(ConnectionFaults& to, const FaultSpec& spec) {
  const auto amount = static_cast<std::size_t>(spec.amount);
  if (spec.kind == FaultKind::kDark) to.dark = true;
  if (spec.kind == FaultKind::kSilent) to.silent = true;
  if (spec.kind == FaultKind::kNoPings) to.no_pings = true;
  if (spec.kind == FaultKind::kHalfOpen) to.half_open = true;
  if (spec.kind == FaultKind::kFlipLeg) to.flip_leg = true;
  if (spec.kind == FaultKind::kTsMicros) to.ts_us = true;
  if (spec.kind == FaultKind::kTsMillis) to.ts_ms = true;
  if (spec.kind == FaultKind::kSlowRead) to.bytes_per_second = amount;
  if (spec.kind == FaultKind::kFragment) to.fragment_bytes = amount;
}

}  // namespace

void Faults::add(FaultSpec spec, std::int64_t now_ms) {
  Fault fault;
  fault.begins_ms = fault.next_blow_ms = now_ms + spec.after_ms;
  fault.ends_ms = spec.for_ms > 0 ? fault.begins_ms + spec.for_ms : INT64_MAX;
  fault.spec = std::move(spec);
  faults_.push_back(std::move(fault));
}

void Faults::clear() {
  for (Fault& fault : faults_) set_state(fault, Fault::State::kEnded);
  faults_.clear();
}

void Faults::advance(std::int64_t now_ms, std::int64_t newest) {
  for (Fault& fault : faults_) {
    if (fault.state == Fault::State::kWaiting && now_ms >= fault.begins_ms) {
      fault.last_connection = newest;
      set_state(fault, Fault::State::kHolds);
    }
    if (now_ms >= fault.ends_ms) set_state(fault, Fault::State::kEnded);
  }
}

void Faults::set_state(Fault& fault, Fault::State state) {
  if (fault.state == state) return;
  const bool held = std::exchange(fault.state, state) == Fault::State::kHolds;
  const bool holds = state == Fault::State::kHolds;
  const FaultReach reach = facts_of(fault.spec.kind).reach;
  holding_[static_cast<std::size_t>(reach)] += (holds ? 1 : 0) - (held ? 1 : 0);
  if (reach == FaultReach::kExchange && held != holds) turns_.push_back({fault.spec, holds});
}

std::vector<Faults::Turn> Faults::turns() { return std::exchange(turns_, {}); }

// A bounded fault of connections ends by its own end: those it struck stay struck until then.
void Faults::struck(Fault& fault) {
  ++fault.strikes;
  const bool lasts = facts_of(fault.spec.kind).reach == FaultReach::kConnection;
  if (fault.strikes == fault.spec.count && !lasts) set_state(fault, Fault::State::kEnded);
}

bool Faults::takes_chance(Fault& fault) {
  return fault.spec.probability >= 1 || random_.chance(fault.spec.probability);
}

const FaultSpec* Faults::strike(FaultReach reach, const FaultTarget& target) {
  for (Fault& fault : faults_) {
    const bool holds = fault.state == Fault::State::kHolds;
    if (!holds || facts_of(fault.spec.kind).reach != reach) continue;
    if (!matches(fault.spec, target) || !takes_chance(fault)) continue;
    struck(fault);
    return &fault.spec;
  }
  return nullptr;
}

bool Faults::binds(Fault& fault, const FaultyConnection& connection) {
  if (fault.bound.contains(connection.number)) return true;
  if (fault.spared.contains(connection.number) || !matches(fault.spec, connection)) return false;
  if (fault.spec.open_only && connection.number > fault.last_connection) return false;
  if (fault.spec.count > 0 && fault.strikes >= fault.spec.count) return false;
  const bool hit = takes_chance(fault);
  (hit ? fault.bound : fault.spared).insert(connection.number);
  if (hit) struck(fault);
  return hit;
}

ConnectionFaults Faults::of(const FaultyConnection& connection) {
  ConnectionFaults result;
  for (Fault& fault : faults_) {
    const bool holds = fault.state == Fault::State::kHolds;
    if (!holds || facts_of(fault.spec.kind).reach != FaultReach::kConnection) continue;
    if (binds(fault, connection)) apply(result, fault.spec);
  }
  return result;
}

std::vector<Faults::Blow> Faults::blows(std::int64_t now_ms,
                                        const std::vector<FaultyConnection>& connections) {
  std::vector<Blow> blows;
  for (Fault& fault : faults_) {
    const auto due = [&] {
      return fault.state == Fault::State::kHolds &&
             facts_of(fault.spec.kind).reach == FaultReach::kBlow && now_ms >= fault.next_blow_ms;
    };
    if (!due()) continue;
    for (const FaultyConnection& connection : connections) {
      if (!due()) break;  // its count is used up
      if (!matches(fault.spec, connection) || !takes_chance(fault)) continue;
      struck(fault);
      blows.push_back({fault.spec, connection.number});
    }
    fault.next_blow_ms = now_ms + fault.spec.every_ms;
    if (fault.spec.every_ms == 0) set_state(fault, Fault::State::kEnded);
  }
  return blows;
}

void Faults::count(FaultKind kind, std::int64_t strikes) {
  for (Fault& fault : faults_) {
    const bool holds = fault.state == Fault::State::kHolds;
    if (holds && fault.spec.kind == kind) fault.strikes += strikes;
  }
}

}  // namespace kd::sim
