#include "app/doctor_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "app/connect_options.h"
#include "app/exit_code.h"
#include "app/storage_options.h"
#include "base/json_quote.h"
#include "config/loader.h"
#include "database/diagnosis.h"

namespace kd {
namespace {

constexpr const char* kName = "kalshi-data doctor";
constexpr const char* kFooter = R"(Examples:
  kalshi-data doctor --config /etc/kalshi-data/gatherer.yaml
  kalshi-data doctor --config /etc/kalshi-data/deduplicator.yaml --json
  kalshi-data doctor --url postgres://gatherer@db:5432/kalshi_ts

Exit codes: 0 ok or warnings only; 1 something fails; 2 command line or configuration; 3 a database
is out of reach)";

// A database to look at. Without a purpose: what its schema and role say.
struct Patient {
  ConnectOptions connect;
  std::string engine = "auto";
  std::optional<SessionPurpose> purpose;
  std::map<std::string, std::chrono::milliseconds> keep;
};

struct Report {
  std::string target;
  std::vector<Finding> findings;
  bool reached = false;
};

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Expected<std::vector<Patient>> of_gatherer(const std::string& file) {
  KD_TRY(const auto config, load_gatherer_config(file));
  return std::vector<Patient>{{.connect = connect_options(config.database, kName),
                               .engine = config.database.engine,
                               .purpose = SessionPurpose::kRecord,
                               .keep = kept_by(config).keep}};
}

Expected<std::vector<Patient>> of_deduplicator(const std::string& file) {
  KD_TRY(const auto config, load_deduplicator_config(file));
  std::vector<Patient> out{{.connect = connect_options(config.production, kName),
                            .engine = config.production.engine,
                            .purpose = SessionPurpose::kMerge,
                            .keep = kept_by(config).keep}};
  for (const auto& gatherer : config.gatherers) {
    out.push_back({.connect = connect_options(gatherer.database, kName),
                   .engine = "auto",
                   .purpose = SessionPurpose::kCollect,
                   .keep = {}});
  }
  return out;
}

Expected<std::vector<Patient>> patients_of(const DoctorOptions& options) {
  if (options.url) {
    Patient one{.connect = {}, .engine = "auto", .purpose = std::nullopt, .keep = {}};
    one.connect.url = *options.url;
    one.connect.application_name = kName;
    return std::vector{one};
  }
  const bool gatherer = text_of_file(*options.config).find("gatherer_id") != std::string::npos;
  return gatherer ? of_gatherer(*options.config) : of_deduplicator(*options.config);
}

Expected<Report> look_at(const Patient& patient) {
  KD_TRY(const auto session, Connection::connect(patient.connect));
  KD_TRY(const auto likely, purpose_of(*session));
  const auto purpose = patient.purpose.value_or(likely);
  KD_TRY(const auto facts, server_facts(*session, purpose, patient.engine));
  return Report{.target = facts.target,
                .findings = diagnose(facts, {.purpose = purpose, .keep = patient.keep}, wall_now()),
                .reached = true};
}

Report examine(const Patient& patient) {
  auto report = look_at(patient);
  if (report) return *std::move(report);
  const Finding unreachable{Finding::Level::kFail, "reachable", "no", report.error().what};
  return {.target = patient.connect.url.empty()
                        ? fmt::format("{}@{}:{}/{}", patient.connect.user, patient.connect.host,
                                      patient.connect.port, patient.connect.name)
                        : "the database of --url",
          .findings = {unreachable},
          .reached = false};
}

Finding::Level worst_of(const std::vector<Report>& reports) {
  auto worst = Finding::Level::kOk;
  for (const auto& report : reports) {
    for (const auto& finding : report.findings) worst = std::max(worst, finding.level);
  }
  return worst;
}

void print_text(const std::vector<Report>& reports) {
  for (const auto& report : reports) {
    fmt::print("{}\n", report.target);
    for (const auto& finding : report.findings) {
      fmt::print("  {:<5} {:<26} {}\n", name_of(finding.level), finding.name, finding.value);
      if (!finding.advice.empty()) fmt::print("        {:<26} -> {}\n", "", finding.advice);
    }
  }
}

std::string json_of(const Report& report) {
  std::string checks;
  for (const auto& finding : report.findings) {
    checks += fmt::format("{}{{\"level\":{},\"name\":{},\"value\":{},\"advice\":{}}}",
                          checks.empty() ? "" : ",", json_quote(name_of(finding.level)),
                          json_quote(finding.name), json_quote(finding.value),
                          json_quote(finding.advice));
  }
  return fmt::format("{{\"target\":{},\"checks\":[{}]}}", json_quote(report.target), checks);
}

void print_json(const std::vector<Report>& reports) {
  std::string databases;
  for (const auto& report : reports) {
    databases += (databases.empty() ? "" : ",") + json_of(report);
  }
  fmt::print("{{\"result\":{},\"databases\":[{}]}}\n", json_quote(name_of(worst_of(reports))),
             databases);
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const auto patients = patients_of(options);
  if (!patients) {
    std::fprintf(stderr, "%s: %s\n", kName, patients.error().what.c_str());
    return kExitUsage;
  }
  std::vector<Report> reports;
  for (const auto& patient : *patients) reports.push_back(examine(patient));
  options.json ? print_json(reports) : print_text(reports);
  for (const auto& report : reports) {
    if (!report.reached) return kExitCannotStart;
  }
  return worst_of(reports) == Finding::Level::kFail ? kExitFailure : kExitOk;
}

void add_doctor_command(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<DoctorOptions>();
  auto* doctor = cli.add_subcommand("doctor", "What is wrong with the databases, and what to do");
  doctor->footer(kFooter);
  auto* where = doctor->add_option_group("database");
  where->add_option("--config", options->config, "A gatherer's or a deduplicator's file");
  where->add_option("--url", options->url, "One database: postgres://user@host:port/name");
  where->require_option(1);
  doctor->add_flag("--json", options->json, "One JSON object");
  doctor->callback([choose, options] { choose([options] { return run_doctor(*options); }); });
}

}  // namespace kd
