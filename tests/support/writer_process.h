#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "codec/gatherer_rows.h"
#include "support/pg_cluster.h"
#include "writer/spill.h"
#include "writer/table_writer.h"
#include "writer/watermark_gate.h"

namespace kd {

// What outlives a gatherer: its database and its spill directory.
class WriterSite {
 public:
  WriterSite(PgCluster& cluster, const std::string& name);
  ~WriterSite();
  WriterSite(const WriterSite&) = delete;
  WriterSite& operator=(const WriterSite&) = delete;

  std::unique_ptr<Connection> connect() { return cluster.connect(database); }
  std::string ask(const std::string& sql) { return scalar(*connect(), sql); }
  // Deltas whose place in the order of positions is not that of their size.
  std::string out_of_order();
  // How many deltas there are, how many different ones, and the largest: "9/9/9".
  std::string deltas();
  std::size_t files() const;  // of the spill, with rows in them

  PgCluster& cluster;
  const std::string database;
  const std::filesystem::path directory;
};

// What a gatherer has behind its routers: queues, spill, writers and the gate.
class WriterProcess {
 public:
  explicit WriterProcess(WriterSite& site, std::int64_t memory_bytes = 8 << 20);
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  TableWriter::Options writer_options(Table table) const;
  // Opens the spill (once), and starts its thread.
  void open_spill();
  void start(TableWriter::Options options);
  void start_all();
  // As the gatherer stops. False: rows were lost.
  bool finish(std::chrono::milliseconds wait = std::chrono::seconds(60));

  // One batch of deltas of market A, whose sizes count the rows: 1, 2, 3 …
  void push_deltas(int count);

  BatchQueue& queue(Table table) { return *queues[index_of(table)]; }
  TableWriter& writer(Table table) { return *writers[index_of(table)]; }
  double written(Table table);
  double dropped(Table table);
  // What the ledger was told; safe while the process runs.
  std::vector<Dropped> losses();

  WriterSite& site;
  Spill::Options spill_options;  // before open_spill()
  MetricsRegistry metrics;
  ByteBudget budget;
  ExchangeClock clock;
  DropLog drops;
  BatchQueues queues;
  std::unique_ptr<Spill> spill;
  std::array<std::unique_ptr<TableWriter>, kAllTables.size()> writers;
  WatermarkGate gate;
  int pushed = 0;                     // deltas
  std::vector<std::string> rejected;  // reasons; to be read after finish()

 private:
  void tell(const Dropped& dropped);
  Mutex mutex_;
  std::vector<Dropped> told_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
