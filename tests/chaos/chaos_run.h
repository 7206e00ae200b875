#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "audit/auditor.h"
#include "base/expected.h"
#include "chaos/scenario.h"

namespace kd {

struct ChaosOptions {
  std::filesystem::path programs;   // the directory of our executables
  std::filesystem::path directory;  // of the run, wiped
  std::chrono::milliseconds length{10'000};
  double rate = 3'000;  // messages a second
  int markets = 100;
  int connections = 12;  // of one gatherer
};

// What one run showed.
struct ChaosResult {
  AuditReport audit;
  std::map<std::string, std::int64_t> ledger;  // rows of all gatherers, by event
  std::int64_t longest_heal_ms = 0;            // from a gap to the new bases of all its books
  double reconnects = 0;                       // of all gatherers
  double resyncs = 0;
  std::int64_t handovers = 0;  // of the first gatherer, done
  double spilled_bytes = 0;    // the most at any time
};

// The whole platform with the scenario's trouble in it, stopped in order and audited. Confined to
// one thread.
Expected<ChaosResult> run_chaos(const Scenario& scenario, const ChaosOptions& options);

// Nothing doubled, nothing falsely covered; nothing missing, or only what may be.
bool holds(const Scenario& scenario, const ChaosResult& result);

// One row of a Markdown table, and its head.
std::string chaos_head();
std::string chaos_row(const Scenario& scenario, const ChaosResult& result);

}  // namespace kd
