#include "app/book_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/book_table.h"
#include "app/coverage_answer.h"
#include "app/exit_code.h"
#include "app/line_coverage.h"
#include "app/time_option.h"
#include "book/gatherer_books.h"
#include "book/production_books.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr const char* kProgram = "kalshi-data book";
constexpr int kNamesShown = 5;

constexpr const char* kFooter = R"(Examples:
  kalshi-data book KXCPIYOY-26NOV-T3.1 --at 2026-11-22T14:00:01.234Z
  kalshi-data book KXCPIYOY-26NOV-T3.1 --at -5m --depth 10
  kalshi-data book KXCPIYOY-26NOV-T3.1 --at -1h --from-gatherer gatherer-1 --json

The book at the end of that millisecond, rebuilt from a snapshot and the changes behind it. When it
cannot be exact it is printed all the same, with the reason. Times: RFC 3339 in UTC, or -90s, -5m,
-1h, now. A gatherer's own database has no index on markets: that takes longer.

Exit codes: 0 exact; 1 not exact, also before the market's first snapshot; 2 command line,
configuration, or a market that was never recorded; 3 the database is out of reach, was lost on the
way, or has another schema)";

int complain(const std::string& what, int code) {
  fmt::print(stderr, "{}: {}\n", kProgram, what);
  return code;
}

struct Sources {
  std::unique_ptr<Connection> connection;
  std::unique_ptr<BookStore> store;
  AskCoverage coverage;
};

Expected<ConnectOptions> target_of(const BookOptions& options) {
  if (options.gatherer) return gatherer_target(options.databases, *options.gatherer, kProgram);
  return production_target(options.databases, kProgram);
}

Expected<Sources> open_sources(const BookOptions& options, const ConnectOptions& target) {
  Sources out;
  KD_TRY(out.connection, Connection::connect(target));
  auto& connection = *out.connection;
  KD_DO(require_schema(connection,
                       options.gatherer ? SchemaKind::kGatherer : SchemaKind::kProduction));
  if (options.gatherer) {
    out.store = std::make_unique<GathererBooks>(connection, *options.gatherer);
    out.coverage = [&connection, gatherer = *options.gatherer](const std::string& ticker,
                                                               std::int64_t from, std::int64_t to) {
      return line_coverage(connection, gatherer, ticker, from, to);
    };
  } else {
    out.store = std::make_unique<ProductionBooks>(connection);
    out.coverage = [&connection](const std::string& ticker, std::int64_t from, std::int64_t to) {
      return coverage_answer(connection, ticker, from, to);
    };
  }
  return out;
}

// Which markets may be meant.
Expected<std::string> hint_for(const BookOptions& options, Sources& sources) {
  auto out = fmt::format("no snapshot of '{}' is recorded", options.ticker);
  if (options.gatherer) return out;
  KD_TRY(const auto names,
         ProductionBooks(*sources.connection).similar(options.ticker, kNamesShown));
  if (!names.empty()) out += fmt::format("; did you mean {}?", fmt::join(names, ", "));
  return out;
}

Expected<int> show(const BookOptions& options, Sources& sources, Micros at) {
  KD_TRY(auto answer, book_at(*sources.store, sources.coverage, options.ticker, to_us(at)));
  if (!answer.base) {
    KD_TRY(const auto first, sources.store->first_recorded(options.ticker));
    if (!first) {
      KD_TRY(const auto hint, hint_for(options, sources));
      return complain(hint, kExitUsage);
    }
    answer.reasons.push_back(
        fmt::format("the first book recorded of it is of {}", format_time(micros_from_us(*first))));
  }
  fmt::print("{}",
             options.json ? book_json(answer, options.depth) : book_text(answer, options.depth));
  return answer.exact() ? kExitOk : kExitFailure;
}

}  // namespace

int run_book(const BookOptions& options) {
  const auto at = parse_time(options.at, wall_now());
  if (!at) return complain("--at: " + at.error().what, kExitUsage);
  const auto target = target_of(options);
  if (!target) return complain(target.error().what, kExitUsage);
  auto sources = open_sources(options, *target);
  if (!sources) return complain(sources.error().what, kExitCannotStart);
  const auto code = show(options, *sources, *at);
  if (!code) return complain(code.error().what, kExitCannotStart);
  return *code;
}

void add_book_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<BookOptions>();
  auto* book = cli.add_subcommand("book", "The order book of a market at any instant");
  book->footer(kFooter);
  book->add_option("ticker", options->ticker, "The market")->required();
  book->add_option("--at", options->at, "When")->capture_default_str();
  book->add_option("--depth", options->depth, "Levels shown of each side; all unless given")
      ->check(CLI::PositiveNumber);
  book->add_option("--from-gatherer", options->gatherer,
                   "From this gatherer's database instead of production");
  book->add_flag("--json", options->json, "As one JSON object");
  add_database_options(*book, options->databases);
  book->callback([choose, options] { choose([options] { return run_book(*options); }); });
}

}  // namespace kd
