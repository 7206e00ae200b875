#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "metrics/registry.h"

namespace kd {

struct MetricSample {
  std::string name;
  Labels labels;
  double value = 0;
};

// A scrape of some process, read back. A value.
class Exposition {
 public:
  // Prometheus' text format; comments and time stamps are ignored. The error names the line.
  static Expected<Exposition> parse(std::string_view text);

  // The sum of all series of that name which have at least those labels; absent when none has.
  std::optional<double> sum(std::string_view name, const Labels& labels = {}) const;

  // The q-quantile (0..1) of a histogram, interpolated inside its bucket as Prometheus does,
  // over all its series with at least those labels. Absent without observations; the highest
  // finite bound when the quantile lies beyond it.
  std::optional<double> quantile(std::string_view name, double q, const Labels& labels = {}) const;

  // Only the series of that name whose `label` has one of `values`.
  Exposition select(std::string_view name, const std::string& label,
                    const std::set<std::string>& values) const;

  const std::vector<MetricSample>& samples() const { return samples_; }
  void merge(const Exposition& other);  // as if both were scraped from one process

 private:
  std::vector<MetricSample> samples_;
};

}  // namespace kd
