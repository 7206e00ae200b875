#include "metrics/exposition.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

namespace kd {
namespace {

bool has_labels(const MetricSample& sample, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = sample.labels.find(label.first);
    return found != sample.labels.end() && found->second == label.second;
  });
}

std::optional<double> parse_number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

// Reads `name="value",…}`; leaves `text` behind the brace.
std::optional<Labels> take_labels(std::string_view& text) {
  Labels labels;
  while (!text.empty() && text.front() != '}') {
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name(text.substr(0, equals));
    std::size_t at = equals + 2;
    std::string value;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at];
    }
    if (at >= text.size()) return std::nullopt;
    labels[name] = value;
    text.remove_prefix(at + 1);
    if (!text.empty() && text.front() == ',') text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  return labels;
}

std::optional<MetricSample> parse_line(std::string_view line) {
  const auto name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return std::nullopt;
  MetricSample sample;
  sample.name = line.substr(0, name_end);
  line.remove_prefix(name_end);
  if (line.front() == '{') {
    line.remove_prefix(1);
    auto labels = take_labels(line);
    if (!labels) return std::nullopt;
    sample.labels = std::move(*labels);
  }
  const auto start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  const auto value = parse_number(line.substr(0, line.find(' ')));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

}  // namespace

Expected<Exposition> Exposition::parse(std::string_view text) {
  Exposition out;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    auto sample = parse_line(line);
    if (!sample) {
      return fail(Remedy::kDropItem, "metrics line " + std::to_string(number) +
                                         " is unreadable: '" + std::string(line) + "'");
    }
    out.samples_.push_back(std::move(*sample));
  }
  return out;
}

std::optional<double> Exposition::sum(std::string_view name, const Labels& labels) const {
  std::optional<double> total;
  for (const auto& sample : samples_) {
    if (sample.name == name && has_labels(sample, labels)) total = total.value_or(0) + sample.value;
  }
  return total;
}

std::optional<double> Exposition::quantile(std::string_view name, double q,
                                           const Labels& labels) const {
  std::map<double, double> cumulative;  // upper bound -> observations at or below it
  const std::string bucket_name = std::string(name) + "_bucket";
  for (const auto& sample : samples_) {
    const auto bound = sample.labels.find("le");
    if (sample.name != bucket_name || bound == sample.labels.end()) continue;
    if (!has_labels(sample, labels)) continue;
    if (const auto limit = parse_number(bound->second)) cumulative[*limit] += sample.value;
  }
  if (cumulative.empty() || cumulative.rbegin()->second <= 0) return std::nullopt;
  const double target = q * cumulative.rbegin()->second;
  double below_bound = 0;
  double below_count = 0;
  for (const auto& [bound, count] : cumulative) {
    if (count >= target && count > below_count) {
      if (std::isinf(bound)) break;
      return below_bound + (bound - below_bound) * (target - below_count) / (count - below_count);
    }
    if (!std::isinf(bound)) below_bound = bound;
    below_count = count;
  }
  return below_bound;
}

Exposition Exposition::select(std::string_view name, const std::string& label,
                              const std::set<std::string>& values) const {
  Exposition out;
  for (const auto& sample : samples_) {
    const auto value = sample.labels.find(label);
    const bool wanted = value != sample.labels.end() && values.contains(value->second);
    if (sample.name == name && wanted) out.samples_.push_back(sample);
  }
  return out;
}

void Exposition::merge(const Exposition& other) {
  samples_.insert(samples_.end(), other.samples_.begin(), other.samples_.end());
}

}  // namespace kd
