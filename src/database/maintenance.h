#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/expected.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/time.h"
#include "database/connection.h"
#include "database/maintenance_plan.h"
#include "database/migrations.h"

namespace kd {

// Keeps the partitions of one database: makes the next ones, drops those that are past their age
// and safe elsewhere, compresses old ones. What may be dropped the database decides itself, in
// functions of its owner; no policy of the engine is ever installed. One maintainer at a time:
// the others wait for its advisory lock.
class Maintenance {
 public:
  struct Options {
    ConnectOptions connect;
    SchemaKind kind = SchemaKind::kGatherer;
    // By table; `keep_others` for tables that are not named. Absent: for ever.
    std::map<std::string, std::chrono::milliseconds> keep;
    std::optional<std::chrono::milliseconds> keep_others;
    std::chrono::milliseconds compress_after{24 * 3'600'000};
    std::string without_export = "keep";  // production: or "drop"
    std::chrono::milliseconds interval{60'000};
    std::function<bool()> leads = [] { return true; };  // false: rest. Any thread.
    std::function<Micros()> now = wall_now;
  };
  // Figures since the start, and of the storage as of the last round. A value.
  struct Status {
    std::map<std::string, StorageFigures> tables;
    std::int64_t rounds = 0;
    std::int64_t made = 0;
    std::int64_t dropped = 0;
    std::int64_t compressed = 0;
    std::int64_t errors = 0;
    std::string last_error;  // of the last round; empty: all is well
    std::optional<Micros> last_round_at;
    bool maintains = false;  // false: another session does, or we do not lead
  };

  Maintenance(Options options, Logger log);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

  void start();
  // Cancels a compression; any other statement is waited for. Any thread.
  void stop();
  Status status() const;

  // One round on the caller's thread, before start() or instead of it.
  Expected<void> run_round();

 private:
  void run();
  Expected<bool> ready();
  Expected<StorageState> look();
  Expected<void> look_at(const std::string& table, TableState& state);
  void carry_out(const MaintenancePlan& plan);
  void make(const MaintenancePlan::Make& wanted);
  void drop(const MaintenancePlan::Drop& wanted);
  void compress(const MaintenancePlan::Compress& wanted);
  Expected<void> compress_watched(const MaintenancePlan::Compress& wanted);
  void note(const Error& error);
  void publish(const StorageState& state);
  bool stopping() const;

  const Options options_;
  const Logger log_;
  MaintenanceRules rules_;
  std::unique_ptr<Connection> session_;  // the maintaining thread's
  bool told_waiting_ = false;            // that another session maintains; that thread's

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ KD_GUARDED_BY(mutex_) = false;
  Status status_ KD_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: stops before the members it uses
};

}  // namespace kd
