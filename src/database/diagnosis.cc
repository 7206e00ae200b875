#include "database/diagnosis.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace kd {
namespace {

using Level = Finding::Level;

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kGiB = 1 << 30;
// Sessions that our processes keep open: eight writers, maintenance and its watch, and what a
// person's command or a second process needs beside them.
constexpr std::int64_t kSessionsNeeded = 20;

Finding ok(std::string name, std::string value) {
  return {Level::kOk, std::move(name), std::move(value), {}};
}

// A setting that should be at least `wanted`.
Finding at_least(const ServerFacts& facts, const char* name, std::int64_t wanted, std::int64_t unit,
                 const char* unit_name, const char* why) {
  const auto found = facts.numbers.find(name);
  if (found == facts.numbers.end()) return ok(name, "not visible to this role");
  const auto value = fmt::format("{}{}", found->second / unit, unit_name);
  if (found->second >= wanted) return ok(name, value);
  return {Level::kWarn, name, value,
          fmt::format("ALTER SYSTEM SET {} = '{}{}'; {}", name, wanted / unit, unit_name, why)};
}

Finding must_be_on(const ServerFacts& facts, const char* name, Level otherwise, const char* why) {
  const auto found = facts.words.find(name);
  const auto value = found == facts.words.end() ? "not visible to this role" : found->second;
  if (value != "off") return ok(name, value);
  return {otherwise, name, value, fmt::format("ALTER SYSTEM SET {} = on; {}", name, why)};
}

Finding tls(const ServerFacts& facts, const DiagnosisRules& rules) {
  const auto& s = facts.security;
  const auto value = s.encrypted ? fmt::format("{}, {}", s.protocol, s.ssl_mode) : "not encrypted";
  if (!s.encrypted && s.local) return ok("tls", "this machine, " + value);
  const char* key = rules.purpose == SessionPurpose::kMerge ? "production" : "database";
  if (!s.encrypted) {
    return {
        Level::kFail, "tls", value,
        fmt::format("give the server a certificate (ssl = on) and set {}.ssl_mode: require", key)};
  }
  const bool verified = s.ssl_mode == "verify-full";
  if (verified || s.local || rules.purpose != SessionPurpose::kMerge) return ok("tls", value);
  return {Level::kFail, "tls", value + ": the server is not verified",
          "set production.ssl_root_cert to the authority's PEM file (verify-full follows)"};
}

Finding version(const ServerFacts& facts) {
  const auto value = fmt::format("{}.{}", facts.version / 10'000, facts.version % 10'000);
  if (facts.version >= 150'000) return ok("version", value);
  return {Level::kFail, "version", value, "upgrade to PostgreSQL 15 or newer"};
}

Finding engine(const ServerFacts& facts) {
  if (!facts.engine_problem.empty()) {
    return {Level::kFail, "engine", facts.engine, facts.engine_problem};
  }
  if (facts.engine == "timescaledb") return ok("engine", facts.engine);
  return ok("engine", facts.timescaledb_usable
                          ? "native, though the server could run TimescaleDB (a new database would)"
                          : "native: old partitions are not compressed");
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

Finding rights(const ServerFacts& facts, const DiagnosisRules& rules) {
  if (facts.superuser) {
    return {Level::kWarn, "rights", facts.role + " is a superuser",
            "connect as the role that the migration made: gatherer, dedup_reader, deduplicator"};
  }
  std::vector<std::string> too_much;
  std::vector<std::string> too_little;
  const bool inserts = rules.purpose != SessionPurpose::kCollect;
  for (const auto& table : facts.tables) {
    if (table.may_change) too_much.push_back(table.name);
    if (!table.may_select || table.may_insert != inserts) too_little.push_back(table.name);
  }
  if (!too_much.empty()) {
    return {
        Level::kFail, "rights", facts.role + " may change recorded rows",
        fmt::format("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}", joined(too_much), facts.role)};
  }
  if (!too_little.empty()) {
    return {
        Level::kFail, "rights", fmt::format("{} lacks rights, or has others", facts.role),
        fmt::format("GRANT SELECT{} ON {} TO {}{}", inserts ? ", INSERT" : "", joined(too_little),
                    facts.role, inserts ? "" : "; and REVOKE INSERT from it")};
  }
  return ok("rights", facts.role + " appends only");
}

Finding connections(const ServerFacts& facts) {
  const auto limit = facts.numbers.find("max_connections");
  if (limit == facts.numbers.end()) return ok("max_connections", "not visible to this role");
  const auto value = fmt::format("{} of {} in use", facts.connections_used, limit->second);
  const auto used = static_cast<double>(facts.connections_used) /
                    static_cast<double>(std::max<std::int64_t>(1, limit->second));
  if (used < 0.8 && limit->second >= kSessionsNeeded) return ok("max_connections", value);
  return {used >= 0.95 ? Level::kFail : Level::kWarn, "max_connections", value,
          fmt::format("ALTER SYSTEM SET max_connections = {}; restart the server",
                      std::max(kSessionsNeeded * 2, limit->second * 2))};
}

// A query over a whole table locks each of its partitions and their indexes.
Finding locks(const ServerFacts& facts) {
  constexpr const char* kName = "max_locks_per_transaction";
  const auto found = facts.numbers.find(kName);
  const auto sessions = facts.numbers.find("max_connections");
  if (found == facts.numbers.end() || sessions == facts.numbers.end()) {
    return ok(kName, "not visible to this role");
  }
  std::int64_t most = 0;
  for (const auto& table : facts.tables) most = std::max(most, table.relations);
  const auto value = fmt::format("{}; the largest table has {} relations", found->second, most);
  if (most * 2 <= found->second * sessions->second) return ok(kName, value);
  return {Level::kWarn, kName, value,
          fmt::format("ALTER SYSTEM SET {} = {}; restart the server", kName,
                      std::max<std::int64_t>(256, most * 4 / sessions->second))};
}

Finding disk(const ServerFacts& facts) {
  if (!facts.disk_free_ratio) return ok("disk", "not visible from here");
  const auto value = fmt::format("{:.0f} % free", *facts.disk_free_ratio * 100);
  if (*facts.disk_free_ratio >= 0.2) return ok("disk", value);
  return {*facts.disk_free_ratio < 0.1 ? Level::kFail : Level::kWarn, "disk", value,
          "add space, or shorten retention.*"};
}

Finding clock(const ServerFacts& facts) {
  const auto skew = std::chrono::abs(facts.clock_skew);
  const auto value = fmt::format("the server's is {} ms from ours", facts.clock_skew.count());
  if (skew < std::chrono::seconds(1)) return ok("clock", value);
  return {skew < std::chrono::seconds(5) ? Level::kWarn : Level::kFail, "clock", value,
          "timedatectl set-ntp true, on both machines"};
}

std::vector<Finding> acks(const ServerFacts& facts) {
  if (facts.acks.empty()) {
    return {{Level::kWarn, "acknowledged", "by nobody: nothing is ever dropped",
             "start a deduplicator that has this gatherer in its configuration"}};
  }
  std::vector<Finding> out;
  for (const auto& ack : facts.acks) {
    const auto value =
        fmt::format("by {}, {} tables, {} s ago", ack.consumer, ack.tables, ack.age_seconds);
    if (ack.age_seconds < 600) {
      out.push_back(ok("acknowledged", value));
      continue;
    }
    out.push_back({ack.age_seconds < 86'400 ? Level::kWarn : Level::kFail, "acknowledged", value,
                   fmt::format("start that deduplicator, or, when it is gone for good: DELETE FROM "
                               "sync_acks WHERE consumer = '{}'",
                               ack.consumer)});
  }
  return out;
}

// A partition goes within a round of maintenance after its last row's age is over.
Finding retention(const ServerFacts& facts, const DiagnosisRules& rules, Micros now) {
  constexpr auto kSlack = std::chrono::hours(2);
  std::vector<std::string> behind;
  std::int64_t partitions = 0;
  std::int64_t bytes = 0;
  for (const auto& table : facts.tables) {
    partitions += table.partitions;
    bytes += table.bytes;
    const auto keep = rules.keep.find(table.name);
    if (keep == rules.keep.end() || !table.oldest_end) continue;
    if (micros_from_us(*table.oldest_end) + keep->second + kSlack < now) {
      behind.push_back(table.name);
    }
  }
  const auto value = fmt::format("{} partitions, {} MB", partitions, bytes / kMiB);
  if (behind.empty()) return ok("retention", value);
  return {Level::kWarn, "retention", value + "; past its age: " + joined(behind),
          rules.purpose == SessionPurpose::kMerge
              ? "export it, or set retention.without_export: drop"
              : "see `acknowledged`: rows stay until every deduplicator has them"};
}

void add_server(const ServerFacts& facts, std::vector<Finding>& out) {
  out.push_back(must_be_on(facts, "fsync", Level::kFail, "a power cut loses committed rows"));
  out.push_back(must_be_on(facts, "full_page_writes", Level::kFail, "a power cut tears pages"));
  out.push_back(
      must_be_on(facts, "synchronous_commit", Level::kFail, "what was committed must be on disk"));
  out.push_back(must_be_on(facts, "autovacuum", Level::kFail, "plans need its statistics"));
  out.push_back(connections(facts));
  out.push_back(at_least(facts, "shared_buffers", 128 * kMiB, kMiB, "MB",
                         "a quarter of the memory is usual; restart the server"));
  out.push_back(
      at_least(facts, "max_wal_size", kGiB, kMiB, "MB", "fewer checkpoints under load; reload"));
  out.push_back(at_least(facts, "checkpoint_timeout", 300, 1, "s", "reload"));
  out.push_back(must_be_on(facts, "wal_compression", Level::kWarn, "less WAL; reload"));
}

}  // namespace

std::string_view name_of(Finding::Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kWarn:
      return "warn";
    case Level::kFail:
      return "FAIL";
  }
  return "";
}

std::vector<Finding> diagnose(const ServerFacts& facts, const DiagnosisRules& rules, Micros now) {
  std::vector<Finding> out{tls(facts, rules), version(facts)};
  const bool migrated = facts.schema_problem.empty();
  out.push_back(migrated
                    ? ok("schema", "as this program has it")
                    : Finding{Level::kFail, "schema", "not this program's", facts.schema_problem});
  if (migrated) {
    out.push_back(engine(facts));
    out.push_back(rights(facts, rules));
  }
  add_server(facts, out);
  if (migrated) {
    out.push_back(locks(facts));
    out.push_back(retention(facts, rules, now));
    if (schema_of(rules.purpose) == SchemaKind::kGatherer) {
      for (auto& finding : acks(facts)) out.push_back(std::move(finding));
    }
  }
  out.push_back(disk(facts));
  out.push_back(clock(facts));
  return out;
}

}  // namespace kd
