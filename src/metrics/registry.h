#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {  // the library's headers stay in registry.cc
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace kd {

using Labels = std::map<std::string, std::string>;

// Handles on one time series each. Owned by the registry and as long-lived; look one up once and
// keep the reference (a labelled lookup costs a microsecond, an update tens of nanoseconds).
// Any thread.
class Counter {
 public:
  void add(double amount = 1);  // amount >= 0
  double value() const;

 private:
  friend class MetricsRegistry;
  explicit Counter(prometheus::Counter& series) : series_(series) {}
  prometheus::Counter& series_;
};

class Gauge {
 public:
  void set(double value);
  double value() const;

 private:
  friend class MetricsRegistry;
  explicit Gauge(prometheus::Gauge& series) : series_(series) {}
  prometheus::Gauge& series_;
};

class Histogram {
 public:
  void observe(double value);

 private:
  friend class MetricsRegistry;
  explicit Histogram(prometheus::Histogram& series) : series_(series) {}
  prometheus::Histogram& series_;
};

// Exchange time to commit, in seconds: dense where the budgets lie (0.15 and 0.4 s).
const std::vector<double>& commit_latency_buckets();

// Every metric of one process. Asking twice for the same name and labels gives the same handle.
// Labels name roles, tables or gatherers, never tickers: the number of series must not grow
// with the number of markets. Any thread.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `buckets`: ascending upper bounds, in the unit of what is observed.
  Histogram& histogram(const std::string& name, const std::string& help,
                       const std::vector<double>& buckets, const Labels& labels = {});

  // Everything in Prometheus' text format, version 0.0.4.
  std::string scrape() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
