#include "app/backfill_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <utility>

#include "app/api_client.h"
#include "app/exit_code.h"
#include "app/time_option.h"
#include "backfill/trade_job.h"
#include "base/with_commas.h"

namespace kd {
namespace {

using std::chrono::sys_seconds;
using namespace std::chrono_literals;

constexpr const char* kName = "kalshi-data backfill trades";
constexpr std::chrono::seconds kListedAfter{30};  // later trades may not be listed yet
constexpr Micros kFirstListing = micros_from_ms(1'622'505'600'000);  // 2021-06-01

constexpr const char* kFooter = R"(Examples:
  kalshi-data backfill trades --from -7d
  kalshi-data backfill trades --from 2026-11-01 --to 2026-11-08 --config deduplicator.yaml
  kalshi-data backfill trades --from 2026-11-20T14:00:00Z --ticker KXNFLGAME-26NOV22KCBUF-KC

Reads every trade of that time from the exchange (live and historical tier) and stores those that
are missing. May be interrupted and run again: it goes on where it was.
Exit codes: 0 all stored; 1 interrupted by an error, run again; 2 command line or configuration;
3 database or exchange out of reach; 4 some trades cannot be read and are in quarantine)";

int complain(const Error& error, int code) {
  std::fprintf(stderr, "%s: %s\n", kName, error.what.c_str());
  return code;
}

// Cut to what the exchange can list by now.
Expected<TradeWindow> window_of(const BackfillOptions& options, Micros now) {
  KD_TRY(const auto from, parse_time(options.from, now));
  KD_TRY(const auto to, parse_time(options.to, now));
  const TradeWindow window{
      .from = std::chrono::floor<std::chrono::seconds>(std::max(from, kFirstListing)),
      .to = std::chrono::ceil<std::chrono::seconds>(std::min(to, now - kListedAfter))};
  if (window.from < window.to) return window;
  return fail(Remedy::kGiveUp,
              fmt::format("nothing lies between --from {} and --to {} (the last "
                          "{} s are left out: they may not be listed yet)",
                          format_time(from), format_time(to), kListedAfter.count()));
}

std::string selection_of(const BackfillOptions& options) {
  std::string text = options.ticker;
  for (const auto& pattern : options.include) text += " +" + pattern;
  for (const auto& pattern : options.exclude) text += " -" + pattern;
  return text;
}

Expected<TradeJob> job_of(const BackfillOptions& options) {
  KD_TRY(const auto all, window_of(options, wall_now()));
  KD_TRY(auto wanted, UniverseRules::parse(options.include, options.exclude, {}));
  return TradeJob{.all = all,
                  .ticker = options.ticker,
                  .wanted = std::move(wanted),
                  .selection = selection_of(options),
                  .again = options.again};
}

Expected<ApiConfig> api_of(const BackfillOptions& options) {
  KD_TRY(const auto config, chosen_config(options.database));
  auto api = config ? config->api : ApiConfig{};
  if (options.rest_url) api.rest_url = *options.rest_url;
  return api;
}

// One line that changes on a terminal, a line now and then elsewhere.
class ProgressPrinter {
 public:
  void show(const FillProgress& progress) {
    const auto now = FillProgress::Clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? 200ms : 5000ms);
    const auto line = progress.line(now);
    if (!terminal_) {
      std::fprintf(stderr, "%s\n", line.c_str());
      return;
    }
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    drawn_ = true;
  }
  void end() {
    if (drawn_) std::fprintf(stderr, "\r\x1b[K");
    drawn_ = false;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool drawn_ = false;
  FillProgress::Clock::time_point next_ = FillProgress::Clock::now() + (terminal_ ? 0ms : 5000ms);
};

void print_outcome(const TradeJob& job, const TradeJobOutcome& outcome) {
  const auto& counts = outcome.counts;
  if (outcome.began > job.all.from) {
    fmt::print("done before: {} to {}\n", format_time(job.all.from), format_time(outcome.began));
  }
  if (outcome.began == job.all.to) {
    fmt::print("nothing left to do (--again reads it once more)\n");
    return;
  }
  fmt::print("{} to {}: {} trades read, {} known, {} added, {} unreadable\n",
             format_time(outcome.began), format_time(job.all.to), with_commas(counts.read),
             with_commas(counts.known()), with_commas(counts.added), with_commas(counts.refused));
}

int exit_code_of(const Error& error) {
  const bool away = error.remedy == Remedy::kReconnect || error.remedy == Remedy::kGiveUp;
  return away ? kExitCannotStart : kExitFailure;
}

int run_job(TradeJob job, const ApiConfig& api, std::shared_ptr<const Signer> signer,
            TradeStore& store, const Logger& log) {
  MetricsRegistry metrics;
  const auto client = make_rest_client(api, std::move(signer), metrics, log);
  learn_budget(api, *client);
  TradePages pages(*client);
  ProgressPrinter printer;
  job.on_progress = [&](const FillProgress& progress) { printer.show(progress); };
  const auto outcome = run_trade_job(job, pages, store, {});
  printer.end();
  if (!outcome) {
    const int code = complain(outcome.error(), exit_code_of(outcome.error()));
    std::fprintf(stderr, "what was read is stored; the same command goes on there\n");
    return code;
  }
  print_outcome(job, *outcome);
  return outcome->counts.refused == 0 ? kExitOk : kExitIncomplete;
}

}  // namespace

int run_backfill_trades(const BackfillOptions& options) {
  auto job = job_of(options);
  if (!job) return complain(job.error(), kExitUsage);
  const auto api = api_of(options);
  if (!api) return complain(api.error(), kExitUsage);
  auto signer = signer_of(*api);
  if (!signer) return complain(signer.error(), kExitUsage);
  const auto target = production_target(options.database, kName);
  if (!target) return complain(target.error(), kExitUsage);
  auto sink = open_log({.level = "error", .format = "text", .output = "stderr"});
  if (!sink) return complain(sink.error(), kExitUsage);
  const auto store = TradeStore::open(*target);
  if (!store) return complain(store.error(), kExitCannotStart);
  return run_job(*std::move(job), *api, *std::move(signer), **store, Logger(*sink, "backfill"));
}

void add_backfill_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<BackfillOptions>();
  auto* backfill = cli.add_subcommand("backfill", "Fetch what is missing from the exchange");
  backfill->require_subcommand(1);
  backfill->footer(kFooter);
  auto* trades = backfill->add_subcommand("trades", "Trades that no gatherer brought");
  trades->footer(kFooter);
  trades->add_option("--from", options->from, "2026-11-22T10:00:00Z, 2026-11-22, -7d")->required();
  trades->add_option("--to", options->to, "The same; now unless given");
  trades->add_option("--ticker", options->ticker, "Of this market alone");
  trades->add_option("--include", options->include, "Pattern of markets; again for more")
      ->allow_extra_args(false);
  trades->add_option("--exclude", options->exclude, "Pattern of markets; again for more")
      ->allow_extra_args(false);
  trades->add_flag("--again", options->again, "From the beginning, though it was done before");
  trades->add_option("--rest-url", options->rest_url, "Another exchange than the file's");
  add_database_options(*trades, options->database);
  trades->callback(
      [choose, options] { choose([options] { return run_backfill_trades(*options); }); });
}

}  // namespace kd
