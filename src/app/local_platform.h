#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/private_cluster.h"
#include "app/sim_status.h"
#include "app/supervisor.h"
#include "app/up_figures.h"
#include "app/up_layout.h"
#include "app/up_options.h"
#include "app/up_plan.h"
#include "audit/auditor.h"
#include "base/expected.h"
#include "metrics/exposition.h"

namespace kd {

// The whole platform as processes and private databases of this machine: what `kalshi-data up`
// drives. Nothing it started survives it. Confined to one thread, which must live as long.
class LocalPlatform {
 public:
  struct Surroundings {
    std::filesystem::path programs;                        // the directory of our executables
    std::function<void(const std::string&)> tell;          // progress, one line each
    std::function<bool(std::chrono::milliseconds)> pause;  // waits; true: give up waiting
  };

  // Takes the directory, starts and migrates the databases, writes keys and configuration.
  static Expected<std::unique_ptr<LocalPlatform>> prepare(UpOptions options,
                                                          Surroundings surroundings);
  ~LocalPlatform();
  LocalPlatform(const LocalPlatform&) = delete;
  LocalPlatform& operator=(const LocalPlatform&) = delete;

  // Each returns when the process answers. An error holds the end of its log.
  Expected<void> start_simulator();
  Expected<void> start_gatherer(int index);
  Expected<void> start_deduplicator();

  Supervisor& processes() { return processes_; }
  const UpLayout& layout() const { return layout_; }
  PrivateCluster& gatherer_cluster(int index);
  PrivateCluster& production_cluster() { return *production_; }

  // An error when a process ended by itself: its name, how, and the end of its log.
  Expected<void> check_processes();
  Expected<SimStatus> simulator_status() const;
  UpSample sample(std::chrono::milliseconds at) const;
  // Of every process and, which takes longer, every database.
  std::map<std::string, ProcessUsage> usage_of_all() const;

  // Nothing when it does not answer.
  std::optional<Exposition> gatherer_metrics(int index) const;

  // Asks a gatherer to move `count` markets to other sockets.
  struct Handovers {
    std::int64_t begun = 0;  // by this request
    std::int64_t done = 0;   // since the gatherer started
  };
  Handovers begin_handovers(int index, int count);

  // In this order: an orderly stop without loss.
  Expected<void> stop_emission();
  Expected<void>
  await_received();  // until the gatherers have read what was sent, and no spill waits
  Expected<void> stop_gatherers();
  Expected<void> await_merged();  // until production has what the gatherers' databases have
  Expected<void> stop_deduplicator();
  Expected<void> stop_simulator();
  Expected<void> stop_databases();

  // Rows of this run only; after the simulator has stopped.
  Expected<AuditReport> audit();

 private:
  std::map<std::string, ProcessUsage> usage_of_processes() const;
  LocalPlatform(UpOptions options, Surroundings surroundings, UpLayout layout, DirectoryLock lock);

  Expected<void> set_up();
  Expected<void> drop_orphaned_clusters();
  Expected<void> make_keys();
  Expected<void> open_clusters();
  Expected<void> choose_ports();
  Expected<void> write_configs();
  Expected<void> start(const ProcessPlan& plan, std::uint16_t port, const std::string& target);
  Expected<std::int64_t> unmerged_tables();
  Expected<std::int64_t> progress_of_merge();
  double received_messages() const;
  double spilled_bytes() const;
  UpPlan plan() const { return {options_, layout_, ports_, around_.programs}; }

  const UpOptions options_;
  const Surroundings around_;
  const UpLayout layout_;
  const DirectoryLock lock_;
  UpPorts ports_;
  std::int64_t started_us_ = 0;  // rows received earlier belong to an earlier run
  std::vector<std::unique_ptr<PrivateCluster>> gatherers_;
  std::unique_ptr<PrivateCluster> production_;
  Supervisor processes_;  // last: ends before the databases
};

}  // namespace kd
