#include "app/coverage_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/coverage_report.h"
#include "app/exit_code.h"
#include "app/time_option.h"
#include "base/time.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr const char* kName = "kalshi-data coverage";
constexpr std::size_t kHolesShown = 20;

constexpr const char* kFooter = R"(Examples:
  kalshi-data coverage
  kalshi-data coverage --from 2026-11-22T10:00:00Z --to 2026-11-22T11:00:00Z --json
  kalshi-data coverage KXBTC-26NOV22-T100000 --from -2h

A time is 2026-11-22T10:00:00Z, 2026-11-22, now, or a length before now (-90s, -15m, -1h30m, -2d).
Times are the exchange's. What is not proven to be complete counts as not covered. Holes are no
failure: neither here nor for 'kalshi-data verify', which counts them.
Exit codes: 0 ok, holes or not; 1 nothing is recorded of what was asked; 2 command line or
configuration; 3 the database is out of reach or has another schema)";

int complain(const std::string& what, int code) {
  std::fprintf(stderr, "%s: %s\n", kName, what.c_str());
  return code;
}

int complain(const Error& error) {
  const bool away = error.remedy == Remedy::kReconnect || error.remedy == Remedy::kGiveUp;
  return complain(error.what, away ? kExitCannotStart : kExitFailure);
}

Expected<Interval> asked_by(const CoverageOptions& options) {
  const auto now = wall_now();
  KD_TRY(const auto from, parse_time(options.from, now));
  KD_TRY(const auto to, parse_time(options.to, now));
  if (to <= from) return fail(Remedy::kGiveUp, "--to has to lie behind --from");
  return Interval{to_us(from), to_us(to)};
}

Expected<std::unique_ptr<Connection>> open_production(ConnectOptions target) {
  target.answer_timeout = std::chrono::minutes(10);  // a million markets, sorted
  KD_TRY(auto connection, Connection::connect(target));
  KD_DO(require_schema(*connection, SchemaKind::kProduction));
  return connection;
}

int run_market(Connection& production, const CoverageOptions& options, Interval asked) {
  const auto statement = coverage_of(production, options.ticker, asked);
  if (!statement) return complain(statement.error());
  if (statement->market.window.empty()) {
    return complain(
        fmt::format("no line has recorded '{}' in that time, as far as is known (up to "
                    "{}); tickers are case-sensitive",
                    options.ticker, format_time(micros_from_us(statement->horizon.until))),
        kExitFailure);
  }
  fmt::print("{}", options.json ? market_json(options.ticker, *statement)
                                : market_text(options.ticker, *statement));
  return kExitOk;
}

int run_overview(Connection& production, const CoverageOptions& options, Interval asked) {
  OverviewRequest request;
  request.asked = asked;
  request.most_holes = options.all ? 0 : kHolesShown;
  request.on_markets = [](std::int64_t markets) {
    std::fprintf(stderr, "%lld markets looked at …\n", static_cast<long long>(markets));
  };
  const auto overview = coverage_overview(production, request);
  if (!overview) return complain(overview.error());
  if (!*overview || (*overview)->asked.empty()) {
    return complain("nothing is recorded and proven of that time", kExitFailure);
  }
  fmt::print("{}", options.json ? overview_json(**overview) : overview_text(**overview));
  return kExitOk;
}

}  // namespace

int run_coverage(const CoverageOptions& options) {
  const auto asked = asked_by(options);
  if (!asked) return complain(asked.error().what, kExitUsage);
  auto target = production_target(options.database, kName);
  if (!target) return complain(target.error().what, kExitUsage);
  const auto production = open_production(*std::move(target));
  if (!production) return complain(production.error());
  return options.ticker.empty() ? run_overview(**production, options, *asked)
                                : run_market(**production, options, *asked);
}

void add_coverage_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<CoverageOptions>();
  auto* coverage = cli.add_subcommand("coverage", "How completely markets were watched");
  coverage->footer(kFooter);
  coverage->add_option("ticker", options->ticker, "One market: its whole timeline");
  add_database_options(*coverage, options->database);
  coverage->add_option("--from", options->from, "Begin of the time asked about")
      ->capture_default_str();
  coverage->add_option("--to", options->to, "Its end; at most what is known")
      ->capture_default_str();
  coverage->add_flag("--json", options->json, "As one JSON object");
  coverage->add_flag("--all", options->all, "Every hole, not only the longest");
  coverage->callback([choose, options] { choose([options] { return run_coverage(*options); }); });
}

}  // namespace kd
