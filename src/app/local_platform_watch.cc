#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "app/local_http.h"
#include "app/local_platform.h"
#include "audit/database_source.h"
#include "audit/evidence_source.h"
#include "codec/flat_json.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kPoll{100};
constexpr auto kStopPatience = 40s;      // daemons promise 30 s
constexpr auto kProgressPatience = 60s;  // without any progress
constexpr std::size_t kTailLines = 12;
constexpr const char* kMergedTables[] = {"trades",    "orderbook_deltas", "orderbook_snapshots",
                                         "tickers",   "lifecycle_events", "ledger",
                                         "quarantine"};

Expected<Exposition> scrape(std::uint16_t port) {
  KD_TRY(const auto answer, local_http("GET", port, "/metrics"));
  return Exposition::parse(answer.body);
}

}  // namespace

Expected<SimStatus> LocalPlatform::simulator_status() const {
  KD_TRY(const auto answer, local_http("GET", ports_.simulator, "/sim/status"));
  return parse_sim_status(answer.body);
}

UpSample LocalPlatform::sample(milliseconds at) const {
  UpSample sample;
  sample.at = at;
  sample.simulated = !options_.exchange;
  if (sample.simulated) {
    if (auto status = simulator_status()) sample.simulator = std::move(*status);
  }
  for (std::size_t i = 0; i < ports_.gatherers.size(); ++i) {
    auto metrics = scrape(ports_.gatherers[i]);
    if (metrics) sample.gatherers[gatherer_name(static_cast<int>(i))] = std::move(*metrics);
  }
  if (auto metrics = scrape(ports_.deduplicator)) sample.deduplicator = std::move(*metrics);
  sample.usage = usage_of_processes();
  return sample;
}

std::map<std::string, ProcessUsage> LocalPlatform::usage_of_processes() const {
  std::map<std::string, ProcessUsage> found;
  std::vector<std::string> names = gatherer_names(options_);
  names.insert(names.end(), {kSimulatorName, kDeduplicatorName});
  for (const auto& name : names) {
    const auto id = processes_.id_of(name);
    const auto usage = id ? usage_of(*id) : std::nullopt;
    if (usage) found[name] = *usage;
  }
  return found;
}

std::map<std::string, ProcessUsage> LocalPlatform::usage_of_all() const {
  auto found = usage_of_processes();
  const auto add_database = [&](const std::string& name, const PrivateCluster& cluster) {
    const auto usage = usage_with_children(cluster.server().process());
    if (usage) found["database " + name] = *usage;
  };
  for (std::size_t i = 0; i < gatherers_.size(); ++i) {
    add_database(gatherer_name(static_cast<int>(i)), *gatherers_[i]);
  }
  add_database(kProductionCluster, *production_);
  return found;
}

Expected<void> LocalPlatform::stop_emission() {
  if (options_.exchange) return {};
  KD_DO(local_http("POST", ports_.simulator, "/sim/stop-emission"));
  return {};
}

std::optional<Exposition> LocalPlatform::gatherer_metrics(int index) const {
  auto metrics = scrape(ports_.gatherers[static_cast<std::size_t>(index)]);
  return metrics ? std::optional(std::move(*metrics)) : std::nullopt;
}

LocalPlatform::Handovers LocalPlatform::begin_handovers(int index, int count) {
  const auto answer = local_http("POST", ports_.gatherers[static_cast<std::size_t>(index)],
                                 fmt::format("/debug/handovers?count={}", count));
  if (!answer || answer->status != 200) return {};
  const auto flat = flatten_json(answer->body);
  if (!flat) return {};
  return {std::atoll(flat->at("begun").c_str()), std::atoll(flat->at("done").c_str())};
}

// Of the exchange's own accord; answers to the gatherers' questions never end.
double LocalPlatform::received_messages() const {
  double received = 0;
  for (int i = 0; i < options_.gatherers; ++i) {
    const auto metrics = gatherer_metrics(i);
    if (!metrics) continue;
    for (const auto* type : {"orderbook_delta", "trade", "ticker", "lifecycle"}) {
      received += metrics->sum("router_messages_received_total", {{"type", type}}).value_or(0);
    }
  }
  return received;
}

double LocalPlatform::spilled_bytes() const {
  double bytes = 0;
  for (int i = 0; i < options_.gatherers; ++i) {
    const auto metrics = gatherer_metrics(i);
    if (metrics) bytes += metrics->sum("writer_spill_bytes").value_or(0);
  }
  return bytes;
}

// The simulator's buffers are empty, and then no gatherer reads anything more for a while: what
// the system holds in between is read at once by a process that has nothing else to do.
Expected<void> LocalPlatform::await_received() {
  if (options_.exchange) return {};  // which never ends
  constexpr int kQuietPolls = 8;
  double last = -1;
  int quiet = 0;
  while (quiet < kQuietPolls) {
    KD_DO(check_processes());
    const auto status = simulator_status();
    const double received = received_messages();
    const bool still =
        status && status->buffered_bytes == 0 && received == last && spilled_bytes() == 0;
    quiet = still ? quiet + 1 : 0;
    last = received;
    if (around_.pause(kPoll)) return {};
  }
  return {};
}

Expected<void> LocalPlatform::stop_gatherers() {
  return processes_.stop(gatherer_names(options_), kStopPatience);
}

Expected<void> LocalPlatform::stop_deduplicator() {
  return processes_.stop({kDeduplicatorName}, kStopPatience);
}

Expected<void> LocalPlatform::stop_simulator() {
  if (options_.exchange) return {};
  return processes_.stop({kSimulatorName}, kStopPatience);
}

// How many tables of all gatherers hold rows behind production's cursors.
Expected<std::int64_t> LocalPlatform::unmerged_tables() {
  KD_TRY(const auto production, production_->connect());
  std::int64_t behind = 0;
  for (int i = 0; i < options_.gatherers; ++i) {
    KD_TRY(const auto gatherer, gatherer_cluster(i).connect());
    for (const auto* table : kMergedTables) {
      KD_TRY(const auto newest,
             gatherer->query(fmt::format("SELECT max(position) FROM {}", table)));
      const auto last = int_at(newest.at(0), 0);
      if (!last) continue;
      KD_TRY(const auto cursor,
             production->query(
                 "SELECT position FROM sync_cursors WHERE gatherer = $1 AND table_name = $2",
                 {gatherer_name(i), table}));
      const auto reached = cursor.empty() ? std::nullopt : int_at(cursor.at(0), 0);
      if (!reached || *reached < *last) ++behind;
    }
  }
  return behind;
}

Expected<std::int64_t> LocalPlatform::progress_of_merge() {
  KD_TRY(const auto production, production_->connect());
  KD_TRY(const auto rows, production->query("SELECT sum(position)::bigint FROM (SELECT position / "
                                            "1000000 AS position FROM sync_cursors) c"));
  return int_at(rows.at(0), 0).value_or(0);
}

Expected<void> LocalPlatform::await_merged() {
  auto deadline = std::chrono::steady_clock::now() + kProgressPatience;
  std::int64_t reached = -1;
  for (;;) {
    KD_DO(check_processes());
    KD_TRY(const auto behind, unmerged_tables());
    if (behind == 0) return {};
    KD_TRY(const auto now_reached, progress_of_merge());
    if (now_reached != std::exchange(reached, now_reached)) {
      deadline = std::chrono::steady_clock::now() + kProgressPatience;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Remedy::kGiveUp,
                  fmt::format("the deduplicator makes no progress ({} tables behind); the end of "
                              "{}:\n{}",
                              behind, layout_.log(kDeduplicatorName).string(),
                              tail_of(layout_.log(kDeduplicatorName), kTailLines,
                                      processes_.log_begin(kDeduplicatorName))));
    }
    if (around_.pause(kPoll)) return {};
  }
}

Expected<void> LocalPlatform::stop_databases() {
  Expected<void> outcome;
  for (auto& cluster : gatherers_) {
    if (auto stopped = cluster->server().stop(); !stopped) outcome = std::move(stopped);
  }
  if (auto stopped = production_->server().stop(); !stopped) outcome = std::move(stopped);
  return outcome;
}

Expected<AuditReport> LocalPlatform::audit() {
  Auditor auditor(gatherer_names(options_), started_us_);
  const auto truth = layout_.truth().string();
  KD_DO(read_truth(truth, [&](const TruthRecord& record) { auditor.learn(record); }));
  for (int i = 0; i < options_.gatherers; ++i) {
    auditor.begin_gatherer(gatherer_name(i));
    KD_TRY(const auto connection, gatherer_cluster(i).connect());
    KD_DO(see_database(auditor, *connection));
    KD_TRY(const auto evidence, load_evidence(*connection));
    KD_DO(read_truth(truth, [&](const TruthRecord& record) { auditor.prove(record, evidence); }));
  }
  auditor.begin_production();
  KD_TRY(const auto connection, production_->connect());
  KD_DO(see_database(auditor, *connection));
  KD_DO(read_truth(truth, [&](const TruthRecord& record) { auditor.explain(record); }));
  return auditor.report();
}

}  // namespace kd
