#include "app/verify_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/exit_code.h"
#include "app/time_option.h"
#include "app/verify_report.h"
#include "app/verify_run.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr const char* kProgram = "kalshi-data verify";
constexpr std::size_t kFindingsShown = 50;

constexpr const char* kFooter = R"(Examples:
  kalshi-data verify
  kalshi-data verify --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z --json
  kalshi-data verify --ticker KXCPIYOY-26NOV-T3.1 --from -7d

Compares every REST book that is kept in full with the book rebuilt from snapshots and deltas, and
trades with deltas and ticker volumes. Where no line is proven complete, a difference is no
finding. Holes of coverage are counted, and are no finding either.

Exit codes: 0 clean; 1 failed on the way; 2 command line or configuration; 3 the database is out of
reach or has another schema; 4 there is a finding)";

int complain(const std::string& what, int code) {
  fmt::print(stderr, "{}: {}\n", kProgram, what);
  return code;
}

Expected<VerifyRequest> request_of(const VerifyOptions& options) {
  const auto now = wall_now();
  VerifyRequest request;
  KD_TRY(request.from, parse_time(options.from, now));
  KD_TRY(request.to, parse_time(options.to, now));
  if (request.to <= request.from) return fail(Remedy::kGiveUp, "--to has to lie behind --from");
  request.ticker = options.ticker;
  request.progress = [](const std::string& line) { fmt::print(stderr, "{} …\n", line); };
  return request;
}

Expected<std::unique_ptr<Connection>> open(const ConnectOptions& target) {
  KD_TRY(auto connection, Connection::connect(target));
  KD_DO(require_schema(*connection, SchemaKind::kProduction));
  return connection;
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  const auto request = request_of(options);
  if (!request) return complain(request.error().what, kExitUsage);
  auto target = production_target(options.databases, kProgram);
  if (!target) return complain(target.error().what, kExitUsage);
  target->answer_timeout = std::chrono::minutes(10);
  const auto production = open(*target);
  if (!production) return complain(production.error().what, kExitCannotStart);
  const auto evidence = open(*target);
  if (!evidence) return complain(evidence.error().what, kExitCannotStart);
  const auto report = verify(**production, **evidence, *request);
  if (!report) return complain(report.error().what, kExitFailure);
  fmt::print("{}", options.json ? verify_json(*request, *report)
                                : verify_text(*request, *report, kFindingsShown));
  return report->findings() == 0 ? kExitOk : kExitIncomplete;
}

void add_verify_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<VerifyOptions>();
  auto* verify =
      cli.add_subcommand("verify", "Whether the record agrees with itself and with REST");
  verify->footer(kFooter);
  verify->add_option("--from", options->from, "Since when")->capture_default_str();
  verify->add_option("--to", options->to, "Until when")->capture_default_str();
  verify->add_option("--ticker", options->ticker, "Of this market alone");
  verify->add_flag("--json", options->json, "As one JSON object");
  add_database_options(*verify, options->databases);
  verify->callback([choose, options] { choose([options] { return run_verify(*options); }); });
}

}  // namespace kd
