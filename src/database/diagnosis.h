#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "database/server_facts.h"

namespace kd {

// What is wrong with a database, or could be better. Pure: facts in, findings out.
struct Finding {
  enum class Level : std::uint8_t { kOk, kWarn, kFail };
  Level level = Level::kOk;
  std::string name;    // "tls"
  std::string value;   // "TLSv1.3, verify-full"
  std::string advice;  // what to do, as a command or setting; empty when ok
};

struct DiagnosisRules {
  SessionPurpose purpose = SessionPurpose::kRecord;
  // How long rows are kept, by table; absent: for ever, or not known.
  std::map<std::string, std::chrono::milliseconds> keep;
};

// In the order in which they are worth reading.
std::vector<Finding> diagnose(const ServerFacts& facts, const DiagnosisRules& rules, Micros now);

std::string_view name_of(Finding::Level level);  // "ok", "warn", "FAIL"

}  // namespace kd
