#include "app/verify_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/time_option.h"
#include "base/json_quote.h"
#include "book/explain.h"

namespace kd {
namespace {

std::int64_t total(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [verdict, count] : counts) sum += count;
  return sum;
}

std::string counts_text(const std::map<std::string, std::int64_t>& counts) {
  std::string out;
  for (const auto& [verdict, count] : counts) {
    out += fmt::format("{}{} {}", out.empty() ? ": " : ", ", count, verdict);
  }
  return out;
}

std::string counts_json(const std::map<std::string, std::int64_t>& counts) {
  std::string out = "{";
  for (const auto& [verdict, count] : counts) {
    out += fmt::format("{}{}: {}", out.size() > 1 ? ", " : "", json_quote(verdict), count);
  }
  return out + "}";
}

std::string time_text(std::int64_t us) { return format_time(micros_from_us(us)); }

std::string finding_text(const BookFinding& finding) {
  auto out = fmt::format("FINDING book {} requested {} by {}", finding.ticker,
                         time_text(finding.requested_at), finding.gatherer);
  const auto& result = finding.result;
  for (const auto& difference : result.differences) out += "\n    " + text_of(difference);
  if (result.base_ts) {
    out += fmt::format("\n    rebuilt from the snapshot of {} at {}", result.base_line,
                       time_text(*result.base_ts));
  }
  if (result.agreed_at) out += fmt::format("; right at {}", time_text(*result.agreed_at));
  return out + "\n";
}

std::string finding_json(const BookFinding& finding) {
  const auto& result = finding.result;
  const auto time = [](const std::optional<std::int64_t>& us) {
    return us ? json_quote(time_text(*us)) : "null";
  };
  return fmt::format(
      R"({{"ticker": {}, "gatherer": {}, "requested_at": "{}", "base": {}, "base_ts": {}, )"
      R"("agreed_at": {}, "difference": {}}})",
      json_quote(finding.ticker), json_quote(finding.gatherer), time_text(finding.requested_at),
      json_quote(result.base_line), time(result.base_ts), time(result.agreed_at),
      json_of(result.differences));
}

std::string more_text(std::int64_t total_findings, std::size_t shown) {
  const auto left = total_findings - static_cast<std::int64_t>(shown);
  return left > 0 ? fmt::format("… and {} more\n", left) : "";
}

template <typename Findings, typename Text>
std::string findings_text(const Findings& findings, std::int64_t total_findings, std::size_t most,
                          Text text) {
  const auto shown = std::min(findings.size(), most);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) out += text(findings[i]);
  return out + more_text(total_findings, shown);
}

}  // namespace

std::string verify_text(const VerifyRequest& request, const VerifyReport& report,
                        std::size_t most) {
  const auto& rows = report.reconciled;
  auto out =
      fmt::format("from      {} to {}\n", format_time(request.from), format_time(request.to));
  out += fmt::format("books     {} kept in full, compared again{}\n", total(report.books),
                     counts_text(report.books));
  out += fmt::format("checks    {} made as they came{}\n", total(report.checks),
                     counts_text(report.checks));
  out += fmt::format(
      "trades    {} ({} block) in {} hours against deltas and volumes; {} differences where "
      "nothing is proven\n",
      rows.trades, rows.block_trades, rows.hours, rows.unproven);
  out += fmt::format("coverage  {} holes (kalshi-data coverage)\n", report.holes);
  out += findings_text(report.book_findings, report.book_findings_total, most, finding_text);
  out += findings_text(rows.findings, rows.findings_total, most,
                       [](const auto& f) { return "FINDING " + to_string(f) + "\n"; });
  return out +
         (report.findings() == 0 ? "clean\n" : fmt::format("{} findings\n", report.findings()));
}

std::string verify_json(const VerifyRequest& request, const VerifyReport& report) {
  std::string books;
  for (const auto& f : report.book_findings) books += (books.empty() ? "" : ", ") + finding_json(f);
  std::string rows;
  for (const auto& f : report.reconciled.findings) {
    rows += (rows.empty() ? "" : ", ") + json_quote(to_string(f));
  }
  const auto& reconciled = report.reconciled;
  return fmt::format(
      R"({{"from": "{}", "to": "{}", "findings": {}, "books": {}, "checks": {}, )"
      R"("book_findings": {}, "mismatches": [{}], "trades": {}, "hours": {}, "unproven": {}, )"
      R"("reconcile_findings": {}, "differences": [{}], "holes": {}}})"
      "\n",
      format_time(request.from), format_time(request.to), report.findings(),
      counts_json(report.books), counts_json(report.checks), report.book_findings_total, books,
      reconciled.trades, reconciled.hours, reconciled.unproven, reconciled.findings_total, rows,
      report.holes);
}

}  // namespace kd
