#include "app/up_command.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "app/exit_code.h"
#include "app/local_platform.h"
#include "app/screen.h"
#include "app/stop_signals.h"
#include "app/up_report.h"
#include "base/version.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kBetweenSamples{500};
constexpr const char* kFinished = "finished";

class UpRun {
 public:
  UpRun(const UpOptions& options, std::filesystem::path programs)
      : options_(options),
        programs_(std::move(programs)),
        progress_({.gatherers = options.gatherers,
                   .markets = options.replay ? 0 : options.markets,
                   .connections = options.connections,
                   .cores = std::max(1U, std::thread::hardware_concurrency())}) {}

  int run() {
    if (const auto started = start(); !started) {
      if (stopped_) return end_early();
      const int failed = complain(started.error(), kExitCannotStart);
      return end_databases(failed);
    }
    screen_.tell(options_.ends_by_itself() ? "running" : "running; Ctrl-C stops it");
    if (const auto watched = watch(); !watched) return fail_with(watched.error());
    signals_.release();  // from here a second Ctrl-C ends everything at once
    if (const auto ended = stop(); !ended) return fail_with(ended.error());
    if (stopped_ && options_.is_audited()) return end_early();
    if (!options_.ends_by_itself() && !options_.exchange) return finish(kExitOk);
    return finish(options_.is_audited() ? audit() : conclude());
  }

 private:
  int complain(const Error& error, int code) {
    screen_.erase();
    std::fprintf(stderr, "kalshi-data up: %s\n", error.what.c_str());
    return code;
  }

  Expected<void> start() {
    LocalPlatform::Surroundings around;
    around.programs = programs_;
    around.tell = [this](const std::string& line) { screen_.tell(line); };
    around.pause = [this](milliseconds wait) { return pause(wait); };
    KD_TRY(platform_, LocalPlatform::prepare(options_, std::move(around)));
    if (pause(0ms)) return fail(Remedy::kGiveUp, "stopped while starting");
    KD_DO(platform_->start_simulator());
    started_ = Clock::now();
    progress_.begin(platform_->usage_of_all());
    for (int i = 0; i < options_.gatherers; ++i) KD_DO(platform_->start_gatherer(i));
    return platform_->start_deduplicator();
  }

  // Waits; true once a signal to stop has come. While stopping, waits are just waits.
  bool pause(milliseconds wait) {
    if (stopping_) {
      signals_.wait(wait);
      return false;
    }
    stopped_ = stopped_ || signals_.wait(wait);
    return stopped_;
  }

  // Until the simulator has emitted everything, or a signal.
  Expected<void> watch() {
    while (!pause(kBetweenSamples)) {
      KD_DO(platform_->check_processes());
      take_sample();
      if (is_over()) break;
    }
    stopping_ = true;
    return {};
  }

  bool is_over() const {
    if (options_.exchange) return options_.duration && last_.at >= *options_.duration;
    const bool finished = last_.simulator && last_.simulator->state == kFinished;
    return options_.ends_by_itself() && finished;
  }

  void take_sample() {
    auto now = platform_->sample(std::chrono::duration_cast<milliseconds>(Clock::now() - started_));
    if (!progress_.outcome()) now.usage = platform_->usage_of_all();
    note_emission(now);
    resources_.note(now);
    if (progress_.note(now)) tell_subscribed();
    screen_.show(figures_of(last_, now));
    last_ = std::move(now);
  }

  void note_emission(const UpSample& now) {
    if (!now.simulator || now.simulator->emitted_total() == emitted_) return;
    if (emitted_ == 0) first_emission_ = now.at - kBetweenSamples;
    emitted_ = now.simulator->emitted_total();
    last_emission_ = now.at;
  }

  void tell_subscribed() {
    screen_.tell(subscribed_text(*progress_.outcome()));
    // With an end the report waits for it.
    if (options_.ends_by_itself() || !options_.report) return;
    if (write_report(report_of({}), *options_.report)) {
      screen_.tell("written to " + options_.report->string());
    }
  }

  Expected<void> stop() {
    screen_.tell(options_.exchange
                     ? "stopping: gatherers flush, the deduplicator catches up"
                     : "stopping: emission off, gatherers flush, the deduplicator catches up");
    static_cast<void>(platform_->stop_emission());  // a finished simulator may be gone
    KD_DO(platform_->await_received());
    take_sample();
    UpSample all;
    all.usage = platform_->usage_of_all();
    resources_.note(all);
    KD_DO(platform_->stop_gatherers());
    KD_DO(platform_->await_merged());
    gathered_ = std::exchange(last_.gatherers, {});
    auto merged = platform_->sample(last_.at);
    if (merged.deduplicator) merged_ = std::move(*merged.deduplicator);
    KD_DO(platform_->stop_deduplicator());
    return platform_->stop_simulator();
  }

  int fail_with(const Error& error) { return end_databases(complain(error, kExitFailure)); }

  // Answers `outcome`, or what went wrong now when all was well before.
  int end_databases(int outcome) {
    if (!platform_) return outcome;
    platform_->processes().kill_all();  // those that an orderly end has not stopped
    if (const auto ended = platform_->stop_databases(); !ended) {
      const int failed = complain(ended.error(), kExitFailure);
      return outcome == kExitOk ? failed : outcome;
    }
    return outcome;
  }

  int finish(int outcome) {
    const int ended = end_databases(outcome);
    if (ended == outcome) screen_.tell("stopped; 'kalshi-data up' goes on from here");
    return ended;
  }

  // By a signal. A run that would have been audited has not done what it was asked for.
  int end_early() {
    if (!options_.is_audited()) return finish(kExitOk);
    screen_.tell("stopped early: no audit, no report");
    return end_databases(kExitInterrupted);
  }

  int audit() {
    screen_.tell("auditing production against what was emitted");
    auto audited = platform_->audit();
    if (!audited) return complain(audited.error(), kExitFailure);
    const UpReport report = report_of(std::move(*audited));
    screen_.tell(report_text(report));
    const auto& file = options_.report;
    if (file && !write_report(report, *file)) {
      return complain({Remedy::kGiveUp, "--report: cannot write " + file->string()}, kExitFailure);
    }
    if (report.audit.merged() == 0) {
      return complain({Remedy::kGiveUp, "nothing that was emitted reached production"},
                      kExitIncomplete);
    }
    return report.audit.clean() ? kExitOk : kExitIncomplete;
  }

  // The report of a run that has nothing to be compared with.
  int conclude() {
    const UpReport report = report_of({});
    screen_.tell(report_text(report));
    if (!options_.report || write_report(report, *options_.report)) return kExitOk;
    return complain({Remedy::kGiveUp, "--report: cannot write " + options_.report->string()},
                    kExitFailure);
  }

  UpReport report_of(AuditReport audited) const {
    UpReport report;
    report.options = options_;
    report.audited = options_.is_audited();
    report.audit = std::move(audited);
    report.subscribed = progress_.outcome();
    report.processes = resources_.processes();
    report.rows = figures_of({}, last_).rows;
    report.emitted = emitted_;
    report.seconds = std::chrono::duration<double>(last_emission_ - first_emission_).count();
    if (options_.replay) return report;
    Exposition all;
    for (const auto& [id, metrics] : gathered_) all.merge(metrics);
    report.to_local = latency_of(all, "writer_commit_latency_seconds", "writer");
    report.to_production = latency_of(merged_, "dedup_commit_latency_seconds", "table");
    return report;
  }

  static bool write_report(const UpReport& report, const std::filesystem::path& file) {
    std::ofstream out(file);
    out << report_json(report, version_line("kalshi-data"));
    return static_cast<bool>(out.flush());
  }

  const UpOptions options_;
  const std::filesystem::path programs_;
  StopSignals signals_;  // before anything that starts a thread
  Screen screen_;
  std::unique_ptr<LocalPlatform> platform_;
  bool stopped_ = false;  // by a signal
  bool stopping_ = false;
  Clock::time_point started_;
  UpSample last_;
  UpResources resources_;
  SubscribeProgress progress_;
  std::int64_t emitted_ = 0;
  milliseconds first_emission_{0};
  milliseconds last_emission_{0};
  std::map<std::string, Exposition> gathered_;  // the last metrics of each gatherer
  Exposition merged_;
};

// Better now than after an hour. An earlier report stays until the new one replaces it.
Expected<void> check_report(const UpOptions& options) {
  if (!options.report) return {};
  std::error_code ignored;
  const bool was_there = std::filesystem::exists(*options.report, ignored);
  errno = 0;
  if (std::ofstream(*options.report, std::ios::app)) {
    if (!was_there) std::filesystem::remove(*options.report, ignored);
    return {};
  }
  return fail(Remedy::kGiveUp, "--report: cannot write " + options.report->string() + ": " +
                                   std::generic_category().message(errno));
}

}  // namespace

int run_up(const UpOptions& options, const std::filesystem::path& programs) {
  const auto complain = [](const Error& error, int code) {
    std::fprintf(stderr, "kalshi-data up: %s\n", error.what.c_str());
    return code;
  };
  if (const auto checked = check_up_options(options); !checked) {
    return complain(checked.error(), kExitUsage);
  }
  if (const auto checked = check_report(options); !checked) {
    return complain(checked.error(), kExitUsage);
  }
  if (options.replay) {
    const auto checked = check_recording(*options.replay);
    if (!checked) return complain(checked.error(), kExitCannotStart);
  }
  if (options.exchange) {
    const auto checked = check_credentials(*options.exchange);
    if (!checked) return complain(checked.error(), kExitCannotStart);
  }
  return UpRun(options, programs).run();
}

}  // namespace kd
