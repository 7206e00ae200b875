#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/time.h"
#include "database/connection.h"
#include "database/migrations.h"

namespace kd {

// What a session is for, and so which rights it should have.
enum class SessionPurpose : std::uint8_t {
  kRecord,   // a gatherer in its own database: role gatherer
  kCollect,  // a deduplicator in a gatherer's: role dedup_reader
  kMerge,    // a deduplicator in production: role deduplicator
};
SchemaKind schema_of(SessionPurpose purpose);

struct TableFacts {
  std::string name;
  bool may_select = false;
  bool may_insert = false;
  bool may_change = false;  // UPDATE, DELETE or TRUNCATE: never wanted
  std::int64_t partitions = 0;
  std::int64_t relations = 0;  // partitions and their indexes
  std::int64_t bytes = 0;
  std::optional<std::int64_t> oldest_end;  // where the oldest partition ends, µs
};

struct AckFacts {
  std::string consumer;
  std::int64_t tables = 0;
  std::int64_t age_seconds = 0;  // since it last acknowledged anything
};

// One database as a session of ours finds it. What the session may not see is absent. A value.
struct ServerFacts {
  std::string target;
  std::string role;
  bool superuser = false;
  SessionSecurity security;
  std::int64_t version = 0;                     // 150020: 15.20
  std::map<std::string, std::int64_t> numbers;  // settings; sizes in bytes, times in seconds
  std::map<std::string, std::string> words;     // settings that are no number
  std::int64_t connections_used = 0;
  bool timescaledb_usable = false;
  std::string schema_problem;  // empty: exactly the schema of this program
  // The rest only with that schema.
  std::string engine;
  std::string engine_problem;
  std::vector<TableFacts> tables;  // partitioned ones
  std::vector<AckFacts> acks;      // of a gatherer's database
  std::optional<double> disk_free_ratio;
  std::chrono::milliseconds clock_skew{0};  // the server's clock minus ours
};

// What a session was probably opened for, by the schema and its role. kRecord where there is no
// schema yet.
Expected<SessionPurpose> purpose_of(Connection& session);

// Asks the server; `wanted_engine` as the configuration has it.
Expected<ServerFacts> server_facts(Connection& session, SessionPurpose purpose,
                                   const std::string& wanted_engine);

}  // namespace kd
