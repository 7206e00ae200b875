#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backfill/reconcile.h"
#include "base/expected.h"
#include "base/time.h"
#include "book/book_checker.h"
#include "database/connection.h"

namespace kd {

// What `kalshi-data verify` looks at. A value.
struct VerifyRequest {
  Micros from{};  // exchange time, [from, to)
  Micros to{};
  std::optional<std::string> ticker;
  std::size_t most_findings = 1'000;  // of each kind that are kept; all are counted
  // Told now and then; for a person who waits.
  std::function<void(const std::string& line)> progress;
};

// A REST book that equals the record at no instant of its request.
struct BookFinding {
  std::string ticker;
  std::string gatherer;
  std::int64_t requested_at = 0;  // µs, the gatherer's clock
  CheckResult result;
};

struct VerifyReport {
  std::map<std::string, std::int64_t> books;   // compared now, by verdict
  std::map<std::string, std::int64_t> checks;  // made when the books came, by verdict
  std::int64_t book_findings_total = 0;
  std::vector<BookFinding> book_findings;  // the first of them
  ReconcileReport reconciled;
  std::int64_t holes = 0;  // of coverage, in that time

  std::int64_t findings() const { return book_findings_total + reconciled.findings_total; }
};

// Compares the REST books that are kept in full with the rebuilt ones, and trades, deltas and
// tickers with each other. Reads only. Two sessions on production: coverage is asked on the second.
Expected<VerifyReport> verify(Connection& production, Connection& evidence,
                              const VerifyRequest& request);

}  // namespace kd
