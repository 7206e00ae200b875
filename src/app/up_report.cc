#include "app/up_report.h"

#include <fmt/format.h>

#include "app/status_table.h"
#include "base/json_quote.h"

namespace kd {
namespace {

template <typename Map, typename Value>
std::string object(const Map& map, Value value) {
  std::string out;
  for (const auto& [key, item] : map) {
    out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_quote(key), value(item));
  }
  return "{" + out + "}";
}

std::string table_json(const TableAudit& table) {
  return fmt::format(
      R"({{"emitted":{},"captured":{},"merged":{},"missing":{},"unwatched":{},"withheld":{},)"
      R"("uncertain":{},"doubled":{}}})",
      table.emitted, object(table.captured, [](std::int64_t n) { return std::to_string(n); }),
      table.merged, table.missing, table.unwatched, table.withheld, table.uncertain, table.doubled);
}

std::string latency_json(const Latency& latency) {
  const auto figure = [](const std::optional<double>& seconds) {
    return seconds ? fmt::format("{:.4f}", *seconds) : std::string("null");
  };
  return fmt::format(R"({{"p50":{},"p99":{}}})", figure(latency.p50_seconds),
                     figure(latency.p99_seconds));
}

std::string verdict(const AuditReport& audit) {
  if (!audit.clean()) return "NOT complete: rows are missing, doubled or falsely covered\n";
  const auto unwatched = audit.unwatched();
  if (unwatched == 0) return "complete: nothing missing, nothing doubled\n";
  return fmt::format(
      "nothing missing, nothing doubled, but {} rows were watched by nobody (see the gatherers' "
      "logs)\n",
      with_commas(unwatched));
}

double rate_of(const UpReport& report) {
  return report.seconds > 0 ? static_cast<double>(report.emitted) / report.seconds : 0;
}

std::string captured_text(const TableAudit& table) {
  std::string out;
  for (const auto& [gatherer, rows] : table.captured) {
    const double share =
        table.emitted == 0 ? 0
                           : 100.0 * static_cast<double>(rows) / static_cast<double>(table.emitted);
    out += table.emitted == 0 ? fmt::format("{:>14}", "-") : fmt::format("{:>12.2f} %", share);
  }
  return out;
}

std::string milliseconds(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.0f} ms", *seconds * 1000) : "-";
}

std::string evidence_json(const EvidenceAudit& audit) {
  return fmt::format(
      R"({{"absent":{},"falsely_covered":{},"withheld":{},"uncertain":{},"withheld_unexplained":{}}})",
      audit.absent, audit.falsely_covered, audit.withheld, audit.uncertain,
      audit.withheld_unexplained);
}

std::string mode_of(const UpOptions& options) {
  if (options.exchange) return options.exchange->name;
  return options.replay ? "replay" : "synthetic";
}

// Of a run without an audit.
std::string short_json(const UpReport& report, const std::string& version) {
  return fmt::format(R"({{"version":{},"mode":{},"rows":{},"subscribed":{},"processes":{}}})"
                     "\n",
                     json_quote(version), json_quote(mode_of(report.options)),
                     object(report.rows, [](std::int64_t n) { return std::to_string(n); }),
                     subscribed_json(report.subscribed), resources_json(report.processes));
}

}  // namespace

Latency latency_of(const Exposition& metrics, const std::string& histogram,
                   const std::string& label) {
  const auto streamed =
      metrics.select(histogram + "_bucket", label, {"orderbook_deltas", "trades", "tickers"});
  return {streamed.quantile(histogram, 0.5), streamed.quantile(histogram, 0.99)};
}

std::string report_json(const UpReport& report, const std::string& version) {
  if (!report.audited) return short_json(report, version);
  std::string examples;
  for (const auto& example : report.audit.examples) {
    examples += (examples.empty() ? "" : ",") + json_quote(example);
  }
  const auto& options = report.options;
  return fmt::format(R"({{"version":{},"mode":{},"stamps":{},"clean":{},"seconds":{:.1f},)"
                     R"("emitted":{},"emitted_per_second":{:.0f},"unwatched":{},"tables":{},)"
                     R"("answered_snapshots":{},"answered_snapshots_merged":{},)",
                     json_quote(version), json_quote(mode_of(options)), json_quote(options.stamps),
                     report.audit.clean(), report.seconds, report.emitted, rate_of(report),
                     report.audit.unwatched(), object(report.audit.tables, table_json),
                     report.audit.answered_snapshots, report.audit.answered_snapshots_merged) +
         fmt::format(
             R"("short_key_would_have_lost":{},"latency_seconds":{{"local":{},"production":{}}},)"
             R"("evidence":{},"subscribed":{},"processes":{},"examples":[{}]}})",
             report.audit.lost_by_short_key, latency_json(report.to_local),
             latency_json(report.to_production), object(report.audit.evidence, evidence_json),
             subscribed_json(report.subscribed), resources_json(report.processes), examples) +
         "\n";
}

std::string report_text(const UpReport& report) {
  if (!report.audited) return resources_text(report.processes);
  const auto& audit = report.audit;
  std::string out = fmt::format("{:<22}{:>12}{:>12}{:>10}{:>11}{:>10}{:>10}", "", "emitted",
                                "production", "missing", "unwatched", "withheld", "doubled");
  if (!audit.tables.empty()) {
    for (const auto& [gatherer, rows] : audit.tables.begin()->second.captured) {
      out += fmt::format("{:>14}", gatherer);
    }
  }
  out += "\n";
  for (const auto& [name, table] : audit.tables) {
    out += fmt::format("{:<22}{:>12}{:>12}{:>10}{:>11}{:>10}{:>10}{}\n", name,
                       with_commas(table.emitted), with_commas(table.merged),
                       with_commas(table.missing), with_commas(table.unwatched),
                       with_commas(table.withheld + table.uncertain), with_commas(table.doubled),
                       captured_text(table));
  }
  out += fmt::format("the key (ticker, time, price, side) would have lost {} deltas\n",
                     with_commas(audit.lost_by_short_key));
  if (audit.answered_snapshots > 0) {
    out += fmt::format("snapshots that answered a command: {} sent, {} in production\n",
                       with_commas(audit.answered_snapshots),
                       with_commas(audit.answered_snapshots_merged));
  }
  if (report.to_local.p50_seconds) {
    out += fmt::format("exchange to local commit: p50 {}, p99 {}; to production: p50 {}, p99 {}\n",
                       milliseconds(report.to_local.p50_seconds),
                       milliseconds(report.to_local.p99_seconds),
                       milliseconds(report.to_production.p50_seconds),
                       milliseconds(report.to_production.p99_seconds));
  }
  for (const auto& [gatherer, of] : audit.evidence) {
    out += fmt::format(
        "{} did not record {} deltas; of those its evidence calls covered: {}, "
        "kept from it by faults: {} ({} perhaps), unexplained: {}\n",
        gatherer, with_commas(of.absent), with_commas(of.falsely_covered),
        with_commas(of.withheld + of.uncertain), with_commas(of.uncertain),
        with_commas(of.withheld_unexplained));
  }
  out += resources_text(report.processes);
  for (const auto& example : audit.examples) out += "  " + example + "\n";
  return out + verdict(audit);
}

}  // namespace kd
