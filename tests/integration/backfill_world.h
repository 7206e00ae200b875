#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/rest_client.h"
#include "backfill/trade_job.h"
#include "base/mutex.h"
#include "sim/rest_api.h"
#include "support/pg_cluster.h"
#include "support/scripted_exchange.h"

namespace kd {

// The simulator's REST interface over a world whose trades a test chooses, on a real socket, and a
// production database beside it.
class BackfillWorld {
 public:
  static constexpr std::chrono::sys_seconds kWeek{std::chrono::seconds(1'787'616'000)};
  static constexpr std::chrono::sys_seconds kWeekEnd = kWeek + std::chrono::hours(7 * 24);

  explicit BackfillWorld(PgCluster& cluster, const std::string& database = "");  // empty: a new one

  struct TradeOf {
    std::int64_t us = 0;  // of the exchange
    std::int64_t size = 100;
    std::string ticker = "KXA-1";
    bool block = false;
    std::string id{};  // empty: the next number
  };
  // Made on the exchange; its id.
  std::string trade(const TradeOf& trade);
  // As a gatherer brought it, at a time of its own.
  void store(const std::string& id, std::int64_t at_us, const std::string& ticker = "KXA-1");
  // `count` trades over the week's first `length`, the oldest first.
  std::vector<std::string> week_of_trades(int count,
                                          std::chrono::seconds length = kWeekEnd - kWeek);

  // What is older is history, by whole days; the exchange's clock stands an hour after the week.
  // While a request is under way only from before_answer.
  void cut_at(Micros cutoff);
  // Called before each answer, on the exchange's thread.
  std::function<void(const HttpRequest&)> before_answer;
  // When set, instead of the simulator's answer to a request for trades.
  std::string trades_body;

  TradeJob job() const;
  Expected<TradeJobOutcome> run(const TradeJob& job);
  Expected<TradeJobOutcome> run() { return run(job()); }

  // The first column of the first row.
  std::string production(const std::string& sql);
  // A digest of all stored trades.
  std::string digest();
  std::size_t requests_for(const std::string& what) const;

  const std::string& database() const { return database_; }
  PgCluster& cluster() { return cluster_; }
  RestClient& client() { return client_; }
  ScriptedExchange& exchange() { return exchange_; }

 private:
  HttpResponse answer(const HttpRequest& request);

  PgCluster& cluster_;
  const std::string database_;
  std::unique_ptr<Connection> admin_;
  sim::World world_;
  sim::RestApi api_{world_, {}};
  ScriptedExchange exchange_;
  MetricsRegistry metrics_;
  RestClient client_;
  int trades_ = 0;
};

std::int64_t us_of(std::chrono::sys_seconds at);

}  // namespace kd
