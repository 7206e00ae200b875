#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/supervisor.h"
#include "app/up_layout.h"
#include "app/up_options.h"

namespace kd {

// Which process listens where. A value.
struct UpPorts {
  std::uint16_t simulator = 0;
  std::vector<std::uint16_t> gatherers;
  std::uint16_t deduplicator = 0;
};

// How a daemon reaches one of the private databases. A value.
struct UpDatabase {
  std::filesystem::path socket_directory;
  std::uint16_t port = 0;
  std::string name;
};

constexpr const char* kSimulatorName = "exchange-sim";
constexpr const char* kDeduplicatorName = "deduplicator";
constexpr const char* kProductionCluster = "production";

std::string gatherer_name(int index);  // from 0: "gatherer-1"
std::vector<std::string> gatherer_names(const UpOptions& options);

// Pure: what is started, with which arguments and files, for these options.
class UpPlan {
 public:
  // `programs`: the directory of our executables.
  UpPlan(UpOptions options, UpLayout layout, UpPorts ports, std::filesystem::path programs);

  // `seed`: of the synthetic world; another one in every run, or trades would come again.
  ProcessPlan simulator(std::uint64_t seed) const;
  ProcessPlan gatherer(int index) const;
  ProcessPlan deduplicator() const;

  std::string gatherer_config(int index, const UpDatabase& database) const;
  std::string deduplicator_config(const std::vector<UpDatabase>& gatherers,
                                  const UpDatabase& production) const;

 private:
  ProcessPlan daemon(const std::string& program, const std::string& name) const;
  std::vector<std::pair<std::string, std::string>> database_keys(const UpDatabase& database,
                                                                 const std::string& role,
                                                                 const std::string& cluster) const;
  // The simulator as one gatherer sees it, unless it is another exchange.
  std::string share_of_budget() const;
  RealExchange exchange_for(const std::string& gatherer) const;

  const UpOptions options_;
  const UpLayout layout_;
  const UpPorts ports_;
  const std::filesystem::path programs_;
};

}  // namespace kd
