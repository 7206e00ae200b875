#include "metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "base/mutex.h"

namespace kd {
namespace {

using SeriesName = std::pair<std::string, Labels>;

template <typename Handle>
using Handles = std::map<SeriesName, std::unique_ptr<Handle>>;

}  // namespace

void Counter::add(double amount) { series_.Increment(amount); }
double Counter::value() const { return series_.Value(); }

void Gauge::set(double value) { series_.Set(value); }
double Gauge::value() const { return series_.Value(); }

void Histogram::observe(double value) { series_.Observe(value); }

const std::vector<double>& commit_latency_buckets() {
  static const std::vector<double> buckets = {.005, .01, .02, .03, .05, .075, .1, .15, .2, .3,
                                              .4,   .5,  .75, 1,   2,   5,    10, 30,  60};
  return buckets;
}

struct MetricsRegistry::Impl {
  prometheus::Registry registry;
  Mutex mutex;
  Handles<Counter> counters KD_GUARDED_BY(mutex);
  Handles<Gauge> gauges KD_GUARDED_BY(mutex);
  Handles<Histogram> histograms KD_GUARDED_BY(mutex);
};

MetricsRegistry::MetricsRegistry() : impl_(std::make_unique<Impl>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Counter& MetricsRegistry::counter(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  const MutexLock lock(impl_->mutex);
  auto& handle = impl_->counters[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    handle.reset(new Counter(family.Add(labels)));
  }
  return *handle;
}

Gauge& MetricsRegistry::gauge(const std::string& name, const std::string& help,
                              const Labels& labels) {
  const MutexLock lock(impl_->mutex);
  auto& handle = impl_->gauges[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    handle.reset(new Gauge(family.Add(labels)));
  }
  return *handle;
}

Histogram& MetricsRegistry::histogram(const std::string& name, const std::string& help,
                                      const std::vector<double>& buckets, const Labels& labels) {
  const MutexLock lock(impl_->mutex);
  auto& handle = impl_->histograms[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    handle.reset(new Histogram(family.Add(labels, buckets)));
  }
  return *handle;
}

std::string MetricsRegistry::scrape() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace kd
