#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "app/process_usage.h"
#include "app/up_figures.h"

namespace kd {

// What one process took over a run. A value.
struct ProcessReport {
  ProcessUsage usage;
  std::optional<std::int64_t> spill_peak_bytes;  // of a gatherer
  std::optional<std::int64_t> tape_bytes;        // of a gatherer, written in all
};

// Remembers the most of what samples told. A value.
class UpResources {
 public:
  void note(const UpSample& sample);
  const std::map<std::string, ProcessReport>& processes() const { return processes_; }

 private:
  std::map<std::string, ProcessReport> processes_;
};

std::string resources_json(const std::map<std::string, ProcessReport>& processes);
// A line for each process.
std::string resources_text(const std::map<std::string, ProcessReport>& processes);

}  // namespace kd
