#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fault_spec.h"
#include "sim/random.h"

namespace kd::sim {

// What a fault may strike. Members that do not apply stay empty.
struct FaultTarget {
  std::string_view client;
  int connection = 0;  // 1 for the client's first
  std::string_view channel, market, path;
};

// A connection, for faults that strike connections.
struct FaultyConnection {
  std::int64_t number = 0;  // 1, 2, 3 … over all clients, in order of opening
  std::string_view client;
  int connection = 0;
  std::vector<std::string_view> channels;  // held now
};

// How a connection is to behave, of the faults that hold now. A value.
struct ConnectionFaults {
  bool dark = false, silent = false, no_pings = false, half_open = false;
  bool flip_leg = false, ts_us = false, ts_ms = false;
  std::size_t fragment_bytes = 0;    // 0: whole messages
  std::size_t bytes_per_second = 0;  // 0: no limit
  friend bool operator==(const ConnectionFaults&, const ConnectionFaults&) = default;
};

// The faults that were ordered, and when they strike. The same seed, orders and chances give the
// same strikes. Pure: `now_ms` is real time. Confined to one thread.
class Faults {
 public:
  struct Fault {
    enum class State : std::uint8_t { kWaiting, kHolds, kEnded };
    FaultSpec spec;
    State state = State::kWaiting;
    std::int64_t begins_ms = 0;
    std::int64_t ends_ms = 0;  // INT64_MAX: open end
    std::int64_t next_blow_ms = 0;
    std::int64_t strikes = 0;
    std::int64_t last_connection = 0;      // the newest one when it began
    std::set<std::int64_t> bound, spared;  // connections, once their chance was taken
  };
  // A fault of the whole exchange, begun or ended.
  struct Turn {
    FaultSpec spec;
    bool begins;
  };
  // A fault that strikes a connection at once.
  struct Blow {
    FaultSpec spec;
    std::int64_t connection;
  };

  explicit Faults(std::uint64_t seed = 1) : random_(seed) {}

  void add(FaultSpec spec, std::int64_t now_ms);
  // Ends and forgets all; turns() tells of those that held.
  void clear();
  // Begins and ends what is due. `newest`: the number of the last connection opened.
  void advance(std::int64_t now_ms, std::int64_t newest);
  // Those since the last call.
  std::vector<Turn> turns();
  std::vector<Blow> blows(std::int64_t now_ms, const std::vector<FaultyConnection>& connections);

  // Whether any fault of that reach holds: a cheap look before strike().
  bool hold(FaultReach reach) const { return holding_[static_cast<std::size_t>(reach)] > 0; }
  // The first fault of that reach that takes its chance; it counts as struck. The answer is valid
  // until the next change.
  const FaultSpec* strike(FaultReach reach, const FaultTarget& target);
  ConnectionFaults of(const FaultyConnection& connection);
  // A strike of a fault of the exchange, which tells its number of strikes itself.
  void count(FaultKind kind, std::int64_t strikes);

  const std::vector<Fault>& all() const { return faults_; }

 private:
  void set_state(Fault& fault, Fault::State state);
  bool takes_chance(Fault& fault);
  void struck(Fault& fault);
  bool binds(Fault& fault, const FaultyConnection& connection);

  Random random_;
  std::vector<Fault> faults_;
  std::vector<Turn> turns_;
  int holding_[8] = {};
};

}  // namespace kd::sim
