#include "app/sim_app.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <thread>
#include <utility>

#include "app/exit_code.h"
#include "app/stop_signals.h"
#include "net/crypto.h"
#include "sim/replay_feed.h"
#include "sim/replay_world.h"
#include "sim/synthetic_feed.h"

namespace kd {

namespace {

// The certificates of the folder; made when it has none.
Expected<TlsFiles> tls_files(const std::string& dir) {
  const TlsFiles files{dir + "/ca.pem", dir + "/server.pem", dir + "/server.key"};
  const bool complete = std::filesystem::exists(files.server_certificate) &&
                        std::filesystem::exists(files.server_key);
  return complete ? Expected<TlsFiles>(files) : make_throwaway_ca(dir);
}

void report_not_played(const sim::Recording& recording, const Logger& log) {
  for (const auto& [why, frames] : recording.not_played) {
    log.warn("frames that will not be played", {kv("because", why), kv("frames", frames)});
  }
}

}  // namespace

SimApp::SimApp(const SimOptions& options, const Logger& log)
    : options_(options), log_(log), exchange_(options.limits) {
  exchange_.start.expected = options.expect_clients;
  exchange_.world.state.historical_age_ms = options.historical_age.count();
}

SimApp::~SimApp() {
  player_.reset();
  server_.reset();
}

Expected<std::unique_ptr<SimApp>> SimApp::create(const SimOptions& options, const Logger& log) {
  std::unique_ptr<SimApp> app(new SimApp(options, log));
  if (options.replay_dir.empty()) {
    app->open_synthetic();
  } else if (auto opened = app->open_replay(); !opened) {
    return tl::unexpected(opened.error());
  }
  // The port before the files: a second simulator must not truncate the first one's truth.
  if (auto opened = app->open_server(); !opened) return tl::unexpected(opened.error());
  if (auto opened = app->open_outputs(); !opened) return tl::unexpected(opened.error());
  app->open_player();
  return app;
}

Expected<void> SimApp::open_replay() {
  KD_TRY(const sim::Recording recording, sim::scan_recording(options_.replay_dir));
  report_not_played(recording, log_);
  const auto plan =
      sim::plan_replay(recording, {options_.speed, options_.original_times, options_.cut_stamps},
                       sim::real_now_ms());
  KD_TRY(auto milestones, sim::build_replay_world(recording, plan, exchange_.world));
  start_ms_ = plan.start_ms;
  feed_ = std::make_unique<sim::ReplayFeed>(
      exchange_, sim::Replay(recording, plan, std::move(milestones), exchange_.world));
  log_.info("recording read",
            {kv("windows", recording.windows.size()), kv("frames", recording.frames),
             kv("markets", exchange_.world.market_count())});
  return {};
}

void SimApp::open_synthetic() {
  feed_ = std::make_unique<sim::SyntheticFeed>(exchange_, options_.synthetic, sim::real_now_ms());
}

Expected<void> SimApp::open_server() {
  sim::SimServer::Options server = options_.server;
  if (!options_.tls_dir.empty()) {
    KD_TRY(const TlsFiles files, tls_files(options_.tls_dir));
    server.http.certificate_file = files.server_certificate;
    server.http.key_file = files.server_key;
  }
  KD_TRY(server_, sim::SimServer::start(loop_, exchange_, server, log_.with("server")));
  return {};
}

Expected<void> SimApp::open_outputs() {
  if (!options_.truth_file.empty()) {
    KD_TRY(auto truth, sim::TruthLog::create(options_.truth_file));
    exchange_.write_truth_to(std::move(truth));
  }
  if (!options_.record_dir.empty()) {
    KD_TRY(auto recorder, sim::Recorder::create(options_.record_dir));
    exchange_.record_to(std::move(recorder));
  }
  return {};
}

void SimApp::open_player() {
  sim::Player::Options options;
  options.start_ms = start_ms_;
  options.speed = options_.replay_dir.empty() ? 1 : options_.speed;
  options.start_timeout = options_.start_timeout;
  options.play_for = options_.play_for;
  options.unsent_bytes = [this] { return server_->most_unsent_bytes(); };
  options.failed = [this](const Error& error) {
    failure_ = tl::unexpected(error);
    loop_.stop();
  };
  player_ = std::make_unique<sim::Player>(loop_, exchange_, *feed_, std::move(options),
                                          log_.with("player"));
  server_->control_by({[this] { return player_->state(); }, [this] { player_->stop_emission(); }});
}

Expected<void> SimApp::run() {
  log_.info("listening", {kv("host", options_.server.http.host), kv("port", port()),
                          kv("tls", !options_.tls_dir.empty())});
  player_->start();
  loop_.run();
  const auto finished = exchange_.finish(exchange_.clock.now(sim::real_now_ms()));
  return failure_ ? finished : failure_;
}

int run_exchange_sim(int argc, char** argv) {
  const auto parsed = parse_sim_options(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<SimOptions>(parsed);
  const auto complain = [](const Error& error, int code) {
    std::cerr << "exchange-sim: " << error.what << "\n";
    return code;
  };
  StopSignals signals;
  auto sink = open_log({options.log_level, "auto", "stderr"});
  if (!sink) return complain(sink.error(), kExitUsage);
  auto app = SimApp::create(options, Logger(*sink, "exchange-sim"));
  if (!app) return complain(app.error(), kExitCannotStart);
  const std::jthread listener([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (signals.wait(std::chrono::milliseconds(100))) (*app)->stop();
    }
  });
  const auto result = (*app)->run();
  return result ? kExitOk : complain(result.error(), kExitFailure);
}

}  // namespace kd
