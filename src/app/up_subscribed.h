#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "app/process_usage.h"
#include "app/up_figures.h"

namespace kd {

// How it came that every gatherer watched every market. Seconds count from the first gatherer's
// start. A value.
struct Subscribed {
  double seconds = 0;                       // until the exchange found all of them subscribed
  std::optional<double> listed_seconds;     // until every gatherer knew all markets
  std::optional<double> connected_seconds;  // until all sockets were open
  std::int64_t markets = 0;
  std::int64_t messages = 0;   // that the gatherers received
  std::int64_t snapshots = 0;  // of them
  std::map<std::string, ProcessUsage> usage;
  std::string bounded_by;
};

// Watches samples until everything is subscribed. Pure; a value.
class SubscribeProgress {
 public:
  struct Expectation {
    int gatherers = 0;
    int markets = 0;      // 0: not known
    int connections = 0;  // of each gatherer
    unsigned cores = 1;
  };
  explicit SubscribeProgress(Expectation expected) : expected_(expected) {}

  // What processes had used when the first gatherer was started.
  void begin(std::map<std::string, ProcessUsage> usage) { first_usage_ = std::move(usage); }
  // True once, with the sample that tells it.
  bool note(const UpSample& sample);
  const std::optional<Subscribed>& outcome() const { return outcome_; }

 private:
  bool everywhere(const UpSample& sample, const std::string& metric, double least) const;
  std::string bound(const Subscribed& subscribed) const;

  Expectation expected_;
  std::optional<double> listed_seconds_;
  std::optional<double> connected_seconds_;
  std::map<std::string, ProcessUsage> first_usage_;
  std::optional<Subscribed> outcome_;
};

std::string subscribed_json(const std::optional<Subscribed>& subscribed);
std::string subscribed_text(const Subscribed& subscribed);

}  // namespace kd
