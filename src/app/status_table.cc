#include "app/status_table.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace kd {
namespace {

using Rows = std::map<std::string, std::int64_t>;

constexpr std::array<std::pair<const char*, const char*>, 5> kColumns = {
    {{"orderbook_deltas", "deltas"},
     {"trades", "trades"},
     {"orderbook_snapshots", "snapshots"},
     {"tickers", "tickers"},
     {"lifecycle_events", "lifecycle"}}};

std::string lag(const std::optional<double>& seconds) {
  if (!seconds) return "-";
  if (*seconds < 1) return fmt::format("{:.0f} ms", *seconds * 1000);
  return fmt::format("{:.1f} s", *seconds);
}

std::string share(const std::optional<double>& part) {
  return part ? fmt::format("{:.1f} %", *part * 100) : "-";
}

std::string rate(double per_second) {
  return with_commas(static_cast<std::int64_t>(per_second + 0.5));
}

std::string row(const std::string& name, const std::string& per_second, const std::string& late,
                const Rows& rows, const std::string& captured) {
  std::string out = fmt::format("  {:<14}{:>10}{:>10}", name, per_second, late);
  for (const auto& [table, title] : kColumns) {
    const auto count = rows.find(table);
    out += fmt::format("{:>12}", with_commas(count == rows.end() ? 0 : count->second));
  }
  return out + fmt::format("{:>10}\n", captured);
}

std::string heading() {
  std::string out = fmt::format("  {:<14}{:>10}{:>10}", "", "rows/s", "lag");
  for (const auto& [table, title] : kColumns) out += fmt::format("{:>12}", title);
  return out + fmt::format("{:>10}\n", "captured");
}

std::string exchange_text(const UpFigures& figures) {
  if (!figures.simulated) return figures.state;
  return fmt::format("exchange-sim {}: {} messages emitted, {}/s", figures.state,
                     with_commas(figures.emitted), rate(figures.emitted_per_second));
}

}  // namespace

std::string render_table(const UpFigures& figures) {
  std::string out =
      fmt::format("  {} s   {}\n{}", figures.at.count() / 1000, exchange_text(figures), heading());
  for (const auto& gatherer : figures.gatherers) {
    out += row(gatherer.id, rate(gatherer.rows_per_second), lag(gatherer.lag_seconds),
               gatherer.rows, share(gatherer.captured));
  }
  out += row("production", rate(figures.merged_per_second), lag(figures.lag_seconds), figures.rows,
             "");
  return out + fmt::format("  duplicates dropped: {}\n", with_commas(figures.duplicates));
}

std::string render_line(const UpFigures& figures) {
  std::string out = fmt::format("{} s: {}", figures.at.count() / 1000, figures.state);
  if (figures.simulated) {
    out += fmt::format(", {} emitted ({}/s)", with_commas(figures.emitted),
                       rate(figures.emitted_per_second));
  }
  for (const auto& gatherer : figures.gatherers) {
    out +=
        fmt::format("; {} {}/s, lag {}, captured {}", gatherer.id, rate(gatherer.rows_per_second),
                    lag(gatherer.lag_seconds), share(gatherer.captured));
  }
  std::int64_t rows = 0;
  for (const auto& [table, count] : figures.rows) rows += count;
  return out + fmt::format("; production {} rows ({}/s), lag {}, duplicates {}", with_commas(rows),
                           rate(figures.merged_per_second), lag(figures.lag_seconds),
                           with_commas(figures.duplicates));
}

}  // namespace kd
