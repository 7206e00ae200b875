#include "app/up_resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_quote.h"

namespace kd {
namespace {

void keep_most(std::optional<std::int64_t>& most, const std::optional<double>& now) {
  if (now) most = std::max(most.value_or(0), static_cast<std::int64_t>(*now));
}

std::string bytes_json(const std::optional<std::int64_t>& bytes) {
  return bytes ? std::to_string(*bytes) : std::string("null");
}

std::string mebibytes(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string memory_text(std::int64_t peak_bytes) {
  return peak_bytes == 0 ? "" : fmt::format(", {} at most", mebibytes(peak_bytes));
}

}  // namespace

void UpResources::note(const UpSample& sample) {
  for (const auto& [name, usage] : sample.usage) {
    ProcessUsage& most = processes_[name].usage;
    most.cpu_seconds = std::max(most.cpu_seconds, usage.cpu_seconds);
    most.peak_rss_bytes = std::max(most.peak_rss_bytes, usage.peak_rss_bytes);
  }
  for (const auto& [name, metrics] : sample.gatherers) {
    ProcessReport& process = processes_[name];
    keep_most(process.spill_peak_bytes, metrics.sum("writer_spill_bytes"));
    keep_most(process.tape_bytes, metrics.sum("tape_bytes_total"));
  }
}

std::string resources_json(const std::map<std::string, ProcessReport>& processes) {
  std::string out;
  for (const auto& [name, process] : processes) {
    out += fmt::format(
        R"({}{}:{{"cpu_seconds":{:.2f},"peak_rss_bytes":{},"spill_peak_bytes":{},"tape_bytes":{}}})",
        out.empty() ? "" : ",", json_quote(name), process.usage.cpu_seconds,
        process.usage.peak_rss_bytes == 0 ? "null" : std::to_string(process.usage.peak_rss_bytes),
        bytes_json(process.spill_peak_bytes), bytes_json(process.tape_bytes));
  }
  return "{" + out + "}";
}

std::string resources_text(const std::map<std::string, ProcessReport>& processes) {
  std::string out;
  for (const auto& [name, process] : processes) {
    out += fmt::format("{:<22}{:>9.1f} s of processor{}", name, process.usage.cpu_seconds,
                       memory_text(process.usage.peak_rss_bytes));
    if (process.spill_peak_bytes) {
      out += fmt::format(", spill up to {}", mebibytes(*process.spill_peak_bytes));
    }
    if (process.tape_bytes) out += fmt::format(", tape {}", mebibytes(*process.tape_bytes));
    out += "\n";
  }
  return out;
}

}  // namespace kd
