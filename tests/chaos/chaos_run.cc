#include "chaos/chaos_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "metrics/exposition.h"
namespace kd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

UpOptions up_options(const Scenario& scenario, const ChaosOptions& options) {
  UpOptions up;
  up.duration = options.length;
  up.markets = options.markets;
  up.rate = options.rate;
  up.connections = options.connections;
  up.directory = options.directory;
  up.fresh = true;
  for (const auto& fault : scenario.faults) {
    up.simulator_arguments.insert(up.simulator_arguments.end(), {"--fault", fault});
  }
  // What takes half a minute in life must be over within a short run.
  up.gatherer_config = {{"connections.max_backoff", "2s"},
                        {"connections.initial_backoff", "200ms"}};
  if (scenario.tune) scenario.tune(up);
  return up;
}

LocalPlatform::Surroundings surroundings(const ChaosOptions& options) {
  LocalPlatform::Surroundings around;
  around.programs = options.programs;
  around.tell = [](const std::string&) {};
  around.pause = [](std::chrono::milliseconds wait) {
    std::this_thread::sleep_for(wait);
    return false;
  };
  return around;
}

class ChaosRun {
 public:
  ChaosRun(const Scenario& scenario, const ChaosOptions& options)
      : scenario_(scenario), options_(options), up_(up_options(scenario, options)) {}

  Expected<ChaosResult> run() {
    KD_TRY(platform_, LocalPlatform::prepare(up_, surroundings(options_)));
    KD_DO(start());
    play();
    KD_DO(stop());
    KD_TRY(result_.audit, platform_->audit());
    for (int i = 0; i < up_.gatherers; ++i) KD_DO(read_ledger(i));
    return std::move(result_);
  }

 private:
  Expected<void> start() {
    KD_DO(platform_->start_simulator());
    for (int i = 0; i < up_.gatherers; ++i) KD_DO(platform_->start_gatherer(i));
    KD_DO(platform_->start_deduplicator());
    return await_play();
  }

  // The exchange waits for everybody before it begins.
  Expected<void> await_play() {
    const auto deadline = Clock::now() + 2min;
    while (Clock::now() < deadline) {
      if (const auto status = platform_->simulator_status(); status && status->state == "playing") {
        return {};
      }
      std::this_thread::sleep_for(50ms);
    }
    return fail(Remedy::kGiveUp, "play did not begin within two minutes");
  }

  void play() {
    const auto began = Clock::now();
    for (auto now = began; now < began + options_.length; now = Clock::now()) {
      const auto share = std::chrono::duration<double>(now - began) / options_.length;
      if (scenario_.act) scenario_.act(*platform_, share);
      look();
      std::this_thread::sleep_for(100ms);
    }
    if (scenario_.act) scenario_.act(*platform_, 1);
  }

  // Counters of a process that was killed begin anew; the largest sum seen is told.
  void look() {
    double reconnects = 0;
    double resyncs = 0;
    double spilled = 0;
    for (int i = 0; i < up_.gatherers; ++i) {
      const auto metrics = platform_->gatherer_metrics(i);
      if (!metrics) continue;
      reconnects += metrics->sum("conn_manager_reconnects_total").value_or(0);
      resyncs += metrics->sum("conn_manager_resyncs_total").value_or(0);
      spilled += metrics->sum("writer_spill_bytes").value_or(0);
    }
    result_.reconnects = std::max(result_.reconnects, reconnects);
    result_.resyncs = std::max(result_.resyncs, resyncs);
    result_.spilled_bytes = std::max(result_.spilled_bytes, spilled);
  }

  Expected<void> stop() {
    result_.handovers = platform_->begin_handovers(0, 0).done;
    KD_DO(platform_->stop_emission());
    KD_DO(platform_->await_received());
    KD_DO(platform_->stop_gatherers());
    KD_DO(platform_->await_merged());
    KD_DO(platform_->stop_deduplicator());
    return platform_->stop_simulator();
  }

  Expected<void> read_ledger(int gatherer) {
    KD_TRY(const auto connection, platform_->gatherer_cluster(gatherer).connect());
    KD_TRY(const auto events,
           connection->query("SELECT event, count(*) FROM ledger GROUP BY event"));
    for (const auto& row : events) {
      result_.ledger[text_at(row, 0)] += int_at(row, 1).value_or(0);
    }
    KD_TRY(const auto heals,
           connection->query(
               "SELECT max(h.at - g.at) / 1000 FROM ledger g JOIN ledger h USING (stream_id) "
               "WHERE g.event = 'gap' AND h.event = 'heal' AND h.at >= g.at AND NOT EXISTS "
               "(SELECT FROM ledger n WHERE n.stream_id = g.stream_id AND n.event = 'gap' AND "
               "n.at > g.at AND n.at <= h.at)"));
    result_.longest_heal_ms = std::max(result_.longest_heal_ms, int_at(heals.at(0), 0).value_or(0));
    return {};
  }

  const Scenario& scenario_;
  const ChaosOptions& options_;
  const UpOptions up_;
  std::unique_ptr<LocalPlatform> platform_;
  ChaosResult result_;
};

std::int64_t total(const AuditReport& audit, std::int64_t TableAudit::* figure) {
  std::int64_t sum = 0;
  for (const auto& [name, table] : audit.tables) sum += table.*figure;
  return sum;
}

}  // namespace

Expected<ChaosResult> run_chaos(const Scenario& scenario, const ChaosOptions& options) {
  return ChaosRun(scenario, options).run();
}

bool holds(const Scenario& scenario, const ChaosResult& result) {
  const auto missing = total(result.audit, &TableAudit::missing);
  const bool explained = std::ranges::all_of(
      result.audit.evidence, [](const auto& of) { return of.second.falsely_covered == 0; });
  return explained && total(result.audit, &TableAudit::doubled) == 0 &&
         total(result.audit, &TableAudit::merged) > 0 && (missing == 0 || scenario.may_miss_rows);
}

std::string chaos_head() {
  return "| Scenario | What goes wrong | emitted | lost in production | doubled | not in some "
         "gatherer | of those called covered | longest heal | reconnects | resyncs | handovers | "
         "spilled | "
         "ledger |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
}

std::string chaos_row(const Scenario& scenario, const ChaosResult& result) {
  std::int64_t absent = 0;
  std::int64_t falsely = 0;
  for (const auto& [gatherer, of] : result.audit.evidence) {
    absent += of.absent;
    falsely += of.falsely_covered;
  }
  std::string ledger;
  for (const auto& [event, rows] : result.ledger) ledger += fmt::format("{} {} ", rows, event);
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} | {} | {} ms | {} | {} | {} | {:.0f} KiB | {}|\n",
      scenario.name, scenario.what, total(result.audit, &TableAudit::emitted),
      total(result.audit, &TableAudit::missing), total(result.audit, &TableAudit::doubled), absent,
      falsely, result.longest_heal_ms, result.reconnects, result.resyncs, result.handovers,
      result.spilled_bytes / 1024, ledger);
}

}  // namespace kd
