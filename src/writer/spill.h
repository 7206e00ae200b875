#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_budget.h"
#include "base/expected.h"
#include "base/log.h"
#include "codec/table.h"
#include "metrics/registry.h"
#include "writer/batch_queue.h"
#include "writer/disk_space.h"
#include "writer/drop_log.h"
#include "writer/spill_fifo.h"
#include "writer/spill_policy.h"

namespace kd {

using BatchQueues = std::array<std::unique_ptr<BatchQueue>, kAllTables.size()>;

// Keeps the memory of all queues low: moves their oldest batches to files when the database takes
// them too slowly. Where the disk must not take more, batches stay in memory until that is full,
// and then the queues drop the newest. Owns a thread, and the directory while it lives.
class Spill {
 public:
  struct Watched {
    std::string name;  // of the label `path`: data, spill, tape
    std::filesystem::path path;
  };
  struct Options {
    std::filesystem::path directory;
    std::int64_t max_bytes = 0;
    double high_watermark_percent = 85;
    std::int64_t segment_bytes = std::int64_t{64} << 20;
    std::int64_t ledger_reserve_bytes = std::int64_t{8} << 20;
    // How long a batch may wait in memory, table by table: above the time that its writer waits
    // for more rows.
    std::array<std::chrono::milliseconds, kAllTables.size()> spill_after = all_after(2'000);
    std::vector<Watched> watched;  // published as disk_free_ratio
    DiskProbe probe = probe_disk;

    static std::array<std::chrono::milliseconds, kAllTables.size()> all_after(int milliseconds);
  };
  // What it works with; all of it outlives the spill.
  struct Parts {
    BatchQueues& queues;
    ByteBudget& budget;
    DropLog& drops;
  };
  // Finds what earlier processes left. kGiveUp: the directory cannot be used, or another process
  // uses it.
  static Expected<std::unique_ptr<Spill>> open(Options options, Parts parts,
                                               MetricsRegistry& metrics, Logger log);
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  SpillFifo& fifo(Table table) { return *fifos_[index_of(table)]; }
  std::int64_t bytes() const { return space_.used(); }

  void start();
  // After the writers have finished: moves what is left in memory to disk, for the next process,
  // and ends the thread. False: some of it was lost.
  bool finish();

 private:
  class Lock;
  Spill(Options options, Parts parts, MetricsRegistry& metrics, Logger log);

  Expected<void> open_fifos();
  void run(const std::stop_token& stop);
  void relieve();
  std::vector<SpillCandidate> candidates() const;
  // False: the disk did not take them, and they wait in memory.
  bool move_oldest(Table table);
  bool save_all(Table table);
  void look_at_disk();
  void say_whether_behind();
  void publish();

  const Options options_;
  BatchQueues& queues_;
  ByteBudget& budget_;
  DropLog& drops_;
  MetricsRegistry& metrics_;
  const Logger log_;
  const std::int64_t move_bytes_;
  SpillSpace space_;
  std::unique_ptr<Lock> lock_;
  std::array<std::unique_ptr<SpillFifo>, kAllTables.size()> fifos_;
  std::array<bool, kAllTables.size()> refused_{};  // by the disk, since the last look at it
  bool behind_ = false;                            // rows wait on disk
  std::vector<QueuedBatch> moving_;
  std::jthread thread_;
};

}  // namespace kd
