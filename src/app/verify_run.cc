#include "app/verify_run.h"

#include <fmt/format.h>

#include "app/coverage_answer.h"
#include "app/time_option.h"
#include "book/stored_rest.h"
#include "coverage/evidence_reader.h"

namespace kd {
namespace {

constexpr int kPageBooks = 2'000;
constexpr std::chrono::seconds kProgress{5};
constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::chrono::hours kUncompressed{6 * 24};  // retention.compress_after is a week

class Progress {
 public:
  explicit Progress(const std::function<void(const std::string&)>& tell) : tell_(tell) {}

  template <typename Line>
  void step(Line line) {
    const auto now = std::chrono::steady_clock::now();
    if (!tell_ || now < next_) return;
    tell_(line());
    next_ = now + kProgress;
  }

 private:
  const std::function<void(const std::string&)>& tell_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + kProgress;
};

AskCoverage book_coverage(Connection& evidence) {
  return [&evidence](const std::string& ticker, std::int64_t from, std::int64_t to) {
    return coverage_answer(evidence, ticker, from, to);
  };
}

Expected<void> compare_books(Connection& production, Connection& evidence,
                             const VerifyRequest& request, VerifyReport& report) {
  BookChecker::Options options;
  options.want_last_full = false;
  options.one_by_one = request.from < wall_now() - kUncompressed;
  BookChecker checker(options, book_coverage(evidence));
  StoredRestBooks stored(production, to_us(request.from), to_us(request.to), request.ticker);
  Progress progress(request.progress);
  std::int64_t compared = 0;
  for (;;) {
    KD_TRY(const auto books, stored.next(kPageBooks));
    if (books.empty()) return {};
    KD_TRY(auto results, checker.check(production, books));
    for (std::size_t i = 0; i < books.size(); ++i) {
      ++report.books[std::string(name_of(results[i].verdict))];
      if (results[i].verdict != CheckVerdict::kMismatch) continue;
      if (++report.book_findings_total > static_cast<std::int64_t>(request.most_findings)) continue;
      report.book_findings.push_back(
          {books[i].ticker, books[i].gatherer, books[i].requested_at, std::move(results[i])});
    }
    compared += static_cast<std::int64_t>(books.size());
    progress.step([&] {
      return fmt::format("{} REST books compared, up to {}", compared,
                         format_time(micros_from_us(books.back().requested_at)));
    });
  }
}

std::string of_market(const VerifyRequest& request, const char* parameter) {
  return request.ticker ? fmt::format(" AND ticker = {}", parameter) : "";
}

// Where there is no market the parameter is not named, but it is given all the same.
Expected<SqlRows> ask(Connection& production, const std::string& sql,
                      const VerifyRequest& request) {
  std::vector<SqlValue> values{fmt::to_string(to_us(request.from)),
                               fmt::to_string(to_us(request.to))};
  if (request.ticker) values.emplace_back(*request.ticker);
  return production.query(sql, values);
}

Expected<void> count_stored(Connection& production, const VerifyRequest& request,
                            VerifyReport& report) {
  KD_TRY(const auto checks,
         ask(production,
             "SELECT verdict, count(*) FROM book_checks WHERE requested_at >= $1::bigint AND "
             "requested_at < $2::bigint" +
                 of_market(request, "$3::text") + " GROUP BY verdict",
             request));
  for (const auto& row : checks) report.checks[text_at(row, 0)] = int_at(row, 1).value_or(0);
  KD_TRY(const auto holes,
         ask(production,
             "SELECT count(*) FROM coverage_holes WHERE healed_at IS NULL AND from_ts < $2::bigint "
             "AND (to_ts IS NULL OR to_ts > $1::bigint)" +
                 of_market(request, "$3::text"),
             request));
  report.holes = int_at(holes.front(), 0).value_or(0);
  return {};
}

Expected<std::vector<CoverageHole>> channel_holes(Connection& evidence, std::string_view channel,
                                                  std::int64_t from, std::int64_t to) {
  KD_DO(evidence.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  const auto set = EvidenceReader(evidence).streams(from - kDay);
  KD_DO(evidence.rollback());
  if (!set) return tl::unexpected(set.error());
  const auto whole = channel_coverage(*set, std::string(channel), {from, to});
  std::vector<CoverageHole> holes;
  if (whole.window.empty()) return std::vector<CoverageHole>{{from, to, ""}};
  if (from < whole.window.from) holes.push_back({from, whole.window.from, ""});
  for (const auto& hole : whole.holes) holes.push_back({hole.when.from, hole.when.to, ""});
  if (whole.window.to < to) holes.push_back({whole.window.to, to, ""});
  return holes;
}

// The complement of holes (from, to] within [from, to], both ends inclusive.
std::vector<ExchangeInterval> between(const std::vector<CoverageHole>& holes, std::int64_t from,
                                      std::int64_t to) {
  std::vector<ExchangeInterval> out;
  for (const auto& hole : holes) {
    if (hole.from >= from) out.push_back({from, hole.from});
    from = std::max(from, hole.to + 1);
  }
  if (from <= to) out.push_back({from, to});
  return out;
}

Expected<void> reconcile_rows(Connection& production, Connection& evidence,
                              const VerifyRequest& request, VerifyReport& report) {
  Progress progress(request.progress);
  ReconcileOptions options;
  options.from = request.from;
  options.to = request.to;
  options.ticker = request.ticker;
  options.most_findings = request.most_findings;
  options.store = false;
  options.covered = [&evidence](std::string_view channel, const std::string& ticker,
                                std::int64_t from,
                                std::int64_t to) -> Expected<std::vector<ExchangeInterval>> {
    if (channel == "orderbook_delta") {
      KD_TRY(const auto answer, coverage_answer(evidence, ticker, from - 1, to));
      return between(answer.holes, from, to);
    }
    KD_TRY(const auto holes, channel_holes(evidence, channel, from - 1, to));
    return between(holes, from, to);
  };
  options.on_hour = [&progress](Micros hour) {
    progress.step([&] { return fmt::format("trades reconciled, hour of {}", format_time(hour)); });
  };
  KD_TRY(report.reconciled, reconcile(production, options));
  return {};
}

}  // namespace

Expected<VerifyReport> verify(Connection& production, Connection& evidence,
                              const VerifyRequest& request) {
  VerifyReport report;
  KD_DO(compare_books(production, evidence, request, report));
  KD_DO(count_stored(production, request, report));
  KD_DO(reconcile_rows(production, evidence, request, report));
  return report;
}

}  // namespace kd
