#include "router/router_metrics.h"

#include <string>

namespace kd {
namespace {

constexpr const char* kReceived = "router_messages_received_total";
constexpr const char* kReceivedHelp = "WebSocket messages by type";
constexpr const char* kQuarantined = "router_quarantined_total";
constexpr const char* kQuarantinedHelp = "frames kept raw in quarantine";
constexpr const char* kRedundant = "router_redundant_messages_total";
constexpr const char* kRedundantHelp = "messages that need no row of their own";

}  // namespace

RouterMetrics::RouterMetrics(MetricsRegistry& r)
    : deltas(r.counter(kReceived, kReceivedHelp, {{"type", "orderbook_delta"}})),
      snapshots(r.counter(kReceived, kReceivedHelp, {{"type", "orderbook_snapshot"}})),
      trades(r.counter(kReceived, kReceivedHelp, {{"type", "trade"}})),
      tickers(r.counter(kReceived, kReceivedHelp, {{"type", "ticker"}})),
      lifecycle(r.counter(kReceived, kReceivedHelp, {{"type", "lifecycle"}})),
      control(r.counter(kReceived, kReceivedHelp, {{"type", "control"}})),
      routed{},
      parse_errors(r.counter("router_parse_errors_total", "messages that could not be decoded",
                             {{"type", "frame"}})),
      unknown_types(r.counter("router_unknown_messages_total", "shapes never seen before",
                              {{"reason", "type"}})),
      unknown_keys(r.counter("router_unknown_messages_total", "shapes never seen before",
                             {{"reason", "key"}})),
      unknown_events(r.counter("router_unknown_messages_total", "shapes never seen before",
                               {{"reason", "lifecycle_event"}})),
      undecodable(r.counter(kQuarantined, kQuarantinedHelp, {{"reason", "undecodable"}})),
      unknown_sids(r.counter(kQuarantined, kQuarantinedHelp, {{"reason", "unknown_sid"}})),
      wild_times(r.counter(kQuarantined, kQuarantinedHelp, {{"reason", "wild_time"}})),
      duplicates(r.counter("router_messages_dropped_total", "messages not applied",
                           {{"type", "duplicate_seq"}})),
      equal_tickers(r.counter(kRedundant, kRedundantHelp, {{"type", "equal_ticker"}})),
      twin_copies(r.counter(kRedundant, kRedundantHelp, {{"type", "twin_trade"}})),
      unselected(r.counter(kRedundant, kRedundantHelp, {{"type", "not_in_universe"}})),
      self_checks(r.counter("self_check_total",
                            "snapshots compared with the stream's own book at their seq")),
      mismatches(r.counter("self_check_mismatches_total", "of those, different ones")),
      flipped_legs(r.counter("router_flipped_legs_total",
                             "book streams stopped because their prices are in the other leg")),
      registry_(r) {
  for (const auto table : kAllTables) {
    routed[index_of(table)] = &r.counter("router_messages_routed_total", "rows handed over",
                                         {{"type", std::string(name_of(table))}});
  }
}

Counter& RouterMetrics::ledger_row(std::string_view event) const {
  return registry_.counter("ledger_rows_total", "ledger rows by event",
                           {{"reason", std::string(event)}});
}

}  // namespace kd
