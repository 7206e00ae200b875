#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_server.h"
#include "sim/connection.h"
#include "sim/exchange.h"

namespace kd::sim {

// Lets the faults of the exchange strike: its connections, and what it says of itself. Confined to
// the loop's thread.
class FaultDriver {
 public:
  using Connections = std::list<std::unique_ptr<Connection>>;

  FaultDriver(Exchange& exchange, Connections& connections, std::uint64_t seed);

  // GET, POST and DELETE /sim/faults; nothing for other requests.
  std::optional<HttpResponse> control(const HttpRequest& request, std::int64_t now_ms);
  void order(FaultSpec spec, std::int64_t now_ms);
  // Call about twenty times a second.
  void tick(std::int64_t now_ms);
  // A connection was opened.
  void opened(Connection& connection);
  // The number for the next connection.
  std::int64_t next_number() { return ++newest_; }

  // What an attempt to connect meets; nothing: no fault.
  std::optional<UpgradeDecision> meet(std::string_view client);
  // What a request meets.
  const FaultSpec* meet(std::string_view client, std::string_view path);

 private:
  void apply(const Faults::Turn& turn, std::int64_t now_ms);
  void maintain(const Faults::Turn& turn, std::int64_t now_ms);
  void vanish(const Faults::Turn& turn);
  std::int64_t vanish_some(const FaultSpec& spec);
  std::string listing(std::int64_t now_ms) const;

  Exchange& exchange_;
  Connections& connections_;
  Random random_;
  std::int64_t newest_ = 0;
  bool behaves_ = false;  // some connection is not as it should be
  std::vector<std::pair<FaultSpec, MarketIndex>> vanished_;
};

// The answer that `rest` orders; `status_body` is that of /exchange/status.
HttpResponse faulty_answer(const FaultSpec& fault, std::string_view status_body);

}  // namespace kd::sim
