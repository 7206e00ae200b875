#include "connection/session_metrics.h"

#include <string>

namespace kd {
namespace {

Labels of(Role role) { return {{"role", std::string(name_of(role))}}; }

Counter& error_counter(MetricsRegistry& r, const char* type) {
  return r.counter("ws_client_errors_total", "connection errors", {{"type", type}});
}

}  // namespace

SessionMetrics::SessionMetrics(MetricsRegistry& r, Role role)
    : registry_(r),
      role_(role),
      messages(
          r.counter("ws_client_messages_received_total", "WebSocket messages received", of(role))),
      bytes(r.counter("ws_client_bytes_received_total", "bytes of WebSocket messages received",
                      of(role))),
      bytes_sent(
          r.counter("ws_client_bytes_sent_total", "bytes of WebSocket messages sent", of(role))),
      dropped(r.counter("ws_client_messages_dropped_total",
                        "messages that did not fit and were not handed on", of(role))),
      all_messages(
          r.counter("conn_manager_messages_received_total", "messages of all connections")),
      all_forwarded(
          r.counter("conn_manager_messages_forwarded_total", "messages handed to the router")),
      all_dropped(
          r.counter("conn_manager_messages_dropped_total", "messages not handed to the router")),
      reconnects(r.counter("conn_manager_reconnects_total", "connections dialled again", of(role))),
      gaps(r.counter("conn_manager_sequence_gaps_total", "holes in the seq of a stream", of(role))),
      resyncs(r.counter("conn_manager_resyncs_total", "get_snapshot commands for lost bases",
                        of(role))),
      auth_errors(error_counter(r, "auth")),
      connect_errors(error_counter(r, "connect")),
      read_errors(error_counter(r, "read")),
      write_errors(error_counter(r, "write")),
      ping_timeouts(error_counter(r, "ping_timeout")) {}

void SessionMetrics::count_refusal(std::int64_t code) {
  constexpr std::int64_t kHighestCode = 28;
  const bool known = code >= 1 && code <= kHighestCode;
  registry_
      .counter("conn_manager_subscribe_errors_total", "refused commands",
               {{"channel", std::string(name_of(role_))},
                {"error_code", known ? std::to_string(code) : "other"}})
      .add();
}

}  // namespace kd
