#pragma once

#include <cstdint>

#include "base/expected.h"
#include "coverage/watch.h"
#include "database/connection.h"

namespace kd {

// Tells a watch the evidence that came to production since a transaction, in order of arrival.
// Rows of a gatherer that was away are among them, however old they are. Confined to the thread
// of its connection; call inside one transaction.
class Arrivals {
 public:
  explicit Arrivals(Connection& production) : production_(production) {}

  // What came with transaction `xid` or later.
  Expected<void> read(std::int64_t xid, CoverageWatch& watch);
  // All that is not about single bases, of streams whose evidence may stand behind `floor` and
  // that are proven until `since` or later.
  Expected<void> read_all(std::int64_t floor, std::int64_t since, CoverageWatch& watch);
  // The next reading has to begin here: all transactions before it are seen by this one.
  Expected<std::int64_t> next();

 private:
  Expected<void> proofs(const std::string& where, CoverageWatch& watch);
  Expected<void> ledger(const std::string& where, CoverageWatch& watch);
  Expected<void> frozen(CoverageWatch& watch);
  Expected<void> bases(const std::string& where, CoverageWatch& watch);

  Connection& production_;
  std::int64_t newest_frozen_ = 0;
};

}  // namespace kd
