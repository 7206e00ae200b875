#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coverage/evidence.h"
#include "coverage/upkeep.h"
#include "database/partitions.h"
#include "support/pg_cluster.h"

namespace kd {

// 2026-09-01 00:00 UTC, µs: everything in these tests happens in the hours behind it.
inline constexpr std::int64_t kCoverageStart = 1'788'220'800'000'000;

// A production database to which evidence comes as the deduplicator would bring it. Times are
// seconds from kCoverageStart; "g1" … are gatherers.
class CoverageWorld {
 public:
  explicit CoverageWorld(PgCluster& cluster);

  static std::int64_t at(double seconds) {
    return kCoverageStart + static_cast<std::int64_t>(seconds * 1e3) * 1'000;
  }

  struct Told {
    std::string event;
    std::optional<double> from;
    std::optional<double> to;
    std::vector<std::string> tickers{};
    std::string reason{};
    std::string channel = "orderbook_delta";
    std::int32_t connection = 1;
    double at = 0;
  };
  void tell(int gatherer, std::int64_t stream, const Told& told);
  void base(int gatherer, std::int64_t stream, const std::string& ticker, double at);
  void prove(int gatherer, std::int64_t stream, double until);
  void frozen(int gatherer, const std::string& ticker, double from, double to);
  void metadata(const std::string& ticker, std::optional<double> open,
                std::optional<double> settled);

  // One round of a keeper that is made if there is none; fails the test on an error.
  CoverageUpkeep::Figures round(double horizon);
  void restart_keeper() { upkeep_.reset(); }
  // As if nothing had ever been recorded.
  void clear();
  // The keeper's own tables, so that the next round has nothing to go on from.
  void forget_holes();

  // "A 10-20 close g3; B 5- gap g1": not healed, seconds from the start.
  std::string holes(const std::string& channel = "orderbook_delta");
  // The same of all books without their causes.
  std::string bounds();
  Connection& connection() { return *admin_; }
  const std::string& database() const { return database_; }
  std::string scalar_of(const std::string& sql) { return scalar(*admin_, sql); }

 private:
  void insert(const std::string& table, std::int64_t key, const std::string& columns,
              const std::string& values);
  std::string listed(const std::string& form, const std::string& channel);

  PgCluster& cluster_;
  std::string database_;
  std::unique_ptr<Connection> admin_;
  std::unique_ptr<Partitions> partitions_;
  std::unique_ptr<Connection> keeper_;
  std::unique_ptr<CoverageUpkeep> upkeep_;
  std::int64_t position_ = kCoverageStart;
};

}  // namespace kd
