#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dedup/production_session.h"

namespace kd {

// What happens while rows are merged, for whoever counts. Gatherers and tables are indices (of
// the configured list, of table_specs()). Called from several threads; must not wait.
class DedupObserver {
 public:
  virtual ~DedupObserver() = default;

  virtual void on_polled(std::size_t gatherer, std::size_t table, std::int64_t rows,
                         std::chrono::microseconds took) = 0;
  virtual void on_gatherer_error(std::size_t gatherer, std::size_t table) = 0;
  // A cursor's row was gone: the gatherer's database was rebuilt or restored.
  virtual void on_rewind(std::size_t gatherer, std::size_t table) = 0;
  virtual void on_round(const RoundOutcome& outcome) = 0;
  // The gatherer's line of a market was found silent.
  virtual void on_frozen(std::size_t gatherer) = 0;
  // A sample of the rows just committed.
  virtual void on_commit_latency(std::size_t table, std::chrono::microseconds since_exchange) = 0;
};

}  // namespace kd
