#include "app/tape_cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/exit_code.h"
#include "app/tape_command.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

constexpr const char* kFooter = R"(Examples:
  kalshi-data tape ls /var/lib/kalshi-data/tape
  kalshi-data tape verify /var/lib/kalshi-data/tape
  kalshi-data tape cat --from 2026-08-11T00:30:00Z --to 2026-08-11T00:31:00Z /var/lib/kalshi-data/tape
  kalshi-data tape cat --format raw --connection 7 gatherer-1-20260811T003042Z-000001.kdtape
  kalshi-data tape decode /var/lib/kalshi-data/tape
  kalshi-data tape decode --format csv --table trades /var/lib/kalshi-data/tape > trades.csv

Segments of a gatherer that runs can be read; the last block may be missing.
Exit codes: 0 ok (a torn tail is told and is no damage); 1 damaged, or (decode) a frame cannot be
decoded; 2 command line)";

// What CLI11 fills in; lives as long as the commands do.
struct Arguments {
  std::vector<std::string> paths;
  std::string from;
  std::string to;
  std::int32_t connection = -1;
  std::string format;
  std::string table;
};

Expected<std::optional<Micros>> time_of(std::string_view option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto at = parse_rfc3339(text);
  if (at) return *at;
  return fail(Remedy::kGiveUp, fmt::format("{}: '{}' is not a time in UTC such as "
                                           "2026-08-11T00:30:42Z",
                                           option, text));
}

Expected<TapeFormat> format_of(const std::string& text) {
  if (text.empty() || text == "summary") return TapeFormat::kSummary;
  if (text == "ndjson") return TapeFormat::kNdjson;
  return text == "raw" ? TapeFormat::kRaw : TapeFormat::kCsv;
}

Expected<std::optional<Table>> table_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  for (const auto table : kAllTables) {
    if (name_of(table) == text) return table;
  }
  return fail(Remedy::kGiveUp, "--table: '" + text + "' is no table");
}

Expected<TapeOptions> to_options(const Arguments& arguments) {
  TapeOptions options;
  for (const auto& path : arguments.paths) options.paths.emplace_back(path);
  KD_TRY(options.times.from, time_of("--from", arguments.from));
  KD_TRY(options.times.to, time_of("--to", arguments.to));
  if (arguments.connection >= 0) options.connection = arguments.connection;
  KD_TRY(options.format, format_of(arguments.format));
  KD_TRY(options.table, table_of(arguments.table));
  if (options.format == TapeFormat::kCsv && !options.table) {
    return fail(Remedy::kGiveUp, "--format csv needs --table: the columns differ");
  }
  return options;
}

using Choose = std::function<void(std::function<int()>)>;
using Run = int (*)(const TapeOptions&);

// Adds the commands below `tape`, which share their arguments.
class TapeCommands {
 public:
  TapeCommands(CLI::App& tape, Choose choose)
      : tape_(tape), choose_(std::move(choose)), arguments_(std::make_shared<Arguments>()) {}

  CLI::App& add(const std::string& name, const std::string& help, Run run) {
    auto* command = tape_.add_subcommand(name, help);
    command->footer(kFooter);
    command->add_option("PATH", arguments_->paths, "Segments, or directories of segments")
        ->required();
    command->callback([arguments = arguments_, choose = choose_, name, run] {
      choose([arguments, name, run] { return run_with(*arguments, name, run); });
    });
    return *command;
  }
  Arguments& arguments() { return *arguments_; }

 private:
  static int run_with(const Arguments& arguments, const std::string& name, Run run) {
    const auto options = to_options(arguments);
    if (options) return run(*options);
    fmt::print(stderr, "kalshi-data tape {}: {}\n", name, options.error().what);
    return kExitUsage;
  }

  CLI::App& tape_;
  const Choose choose_;
  const std::shared_ptr<Arguments> arguments_;
};

void add_selection(CLI::App& command, Arguments& arguments) {
  command.add_option("--connection", arguments.connection, "Only this connection")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--from", arguments.from, "Received at this time (RFC 3339, UTC) or later");
  command.add_option("--to", arguments.to, "Received before this time");
}

}  // namespace

void add_tape_commands(CLI::App& cli, const Choose& choose) {
  auto* tape = cli.add_subcommand("tape", "Look into the raw frames that a gatherer kept");
  tape->require_subcommand(1);
  tape->footer(kFooter);
  TapeCommands commands(*tape, choose);
  auto& arguments = commands.arguments();
  commands.add("ls", "List segments: times, frames, bytes, ratio, damage", run_tape_ls);
  auto& cat = commands.add("cat", "Print records", run_tape_cat);
  add_selection(cat, arguments);
  cat.add_option("--format", arguments.format,
                 "ndjson: an object a record; raw: received frames as they were, one a line")
      ->check(CLI::IsMember({"ndjson", "raw"}))
      ->default_str("ndjson");
  commands.add("verify", "Read everything and say what is damaged", run_tape_verify);
  auto& decode = commands.add("decode", "Decode received frames again, with this program's decoder",
                              run_tape_decode);
  add_selection(decode, arguments);
  decode
      .add_option("--format", arguments.format,
                  "summary: counts, and every reason why a frame is refused; ndjson: rows; csv: "
                  "rows of one --table")
      ->check(CLI::IsMember({"summary", "ndjson", "csv"}))
      ->default_str("summary");
  decode.add_option("--table", arguments.table,
                    "Only rows of this table (trades, orderbook_deltas, orderbook_snapshots, "
                    "tickers, lifecycle_events, quarantine)");
}

}  // namespace kd
