#pragma once

#include <cstdint>

#include "connection/role.h"
#include "metrics/registry.h"

namespace kd {

// The counters of all sessions of one role, looked up once. Any thread.
class SessionMetrics {
 public:
  SessionMetrics(MetricsRegistry& registry, Role role);

  // An error answer; a code that the protocol does not have counts as "other".
  void count_refusal(std::int64_t code);

 private:
  MetricsRegistry& registry_;
  const Role role_;

 public:
  Counter& messages;
  Counter& bytes;
  Counter& bytes_sent;
  Counter& dropped;        // read and not handed on, of this role
  Counter& all_messages;   // of all roles together, as the two below
  Counter& all_forwarded;  // handed to the router
  Counter& all_dropped;
  Counter& reconnects;
  Counter& gaps;
  Counter& resyncs;
  Counter& auth_errors;
  Counter& connect_errors;
  Counter& read_errors;
  Counter& write_errors;
  Counter& ping_timeouts;
};

}  // namespace kd
