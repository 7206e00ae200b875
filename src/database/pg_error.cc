#include "database/pg_error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace kd {
namespace {

struct Rule {
  std::string_view prefix;
  Remedy remedy;
};

// The first that fits counts.
constexpr std::array kRules = {
    Rule{"57014", Remedy::kRetry},      // statement timeout, cancelled
    Rule{"57P04", Remedy::kGiveUp},     // the database was dropped
    Rule{"57P", Remedy::kReconnect},    // shutdown, crash, starting up, idle session timeout
    Rule{"08", Remedy::kReconnect},     // connection exceptions
    Rule{"25P03", Remedy::kReconnect},  // idle in transaction timeout
    Rule{"25006", Remedy::kReconnect},  // read-only: a standby, or a failover under way
    Rule{"XX", Remedy::kReconnect},     // internal errors of the server
    Rule{"53300", Remedy::kReconnect},  // too many connections
    Rule{"53", Remedy::kRetry},         // disk full, out of memory
    Rule{"40", Remedy::kRetry},         // deadlock, serialization failure
    Rule{"55P03", Remedy::kRetry},      // lock timeout
    Rule{"58", Remedy::kRetry},         // I/O error of the server
    Rule{"22", Remedy::kDropItem},      // data exception
    Rule{"23", Remedy::kDropItem},      // integrity constraint
    Rule{"P0001", Remedy::kDropItem},   // RAISE EXCEPTION in a trigger or function of ours
    Rule{"54", Remedy::kDropItem},      // a value or an index row too large
};

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isdigit(c) != 0 || std::isupper(c) != 0;
         });
}

}  // namespace

Remedy remedy_of(std::string_view sqlstate, bool names_constraint) {
  if (sqlstate.empty()) return Remedy::kReconnect;
  // No partition for the row: it was dropped, and a new session has it made again.
  if (sqlstate == "23514" && !names_constraint) return Remedy::kReconnect;
  for (const auto& rule : kRules) {
    if (sqlstate.starts_with(rule.prefix)) return rule.remedy;
  }
  return Remedy::kGiveUp;
}

std::string_view sqlstate_in(std::string_view message) {
  for (const std::string_view severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
    const auto at = message.find(severity);
    if (at == std::string_view::npos) continue;
    const auto state = message.substr(at + severity.size(), 5);
    if (is_sqlstate(state)) return state;
  }
  return {};
}

std::string clean_message(std::string_view message, std::string_view secret) {
  std::string line(message.substr(0, message.find('\n')));
  while (!secret.empty() && line.find(secret) != std::string::npos) {
    line.replace(line.find(secret), secret.size(), "…");
  }
  return line;
}

}  // namespace kd
