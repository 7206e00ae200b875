#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_budget.h"
#include "base/log.h"
#include "codec/gatherer_rows.h"
#include "config/options.h"
#include "database/connection.h"
#include "metrics/health.h"
#include "metrics/registry.h"
#include "writer/spill.h"
#include "writer/table_writer.h"
#include "writer/watermark_gate.h"

namespace kd {

// Rows at which a table's batch is full.
std::size_t batch_rows_of(const GathererConfig& config, Table table);

// The storing half of a gatherer: a queue and a writer for each table of its own database, the
// spill for what the database cannot take yet, and the gate that lets a watermark pass when all
// that came before it is stored. Any thread, after start().
class GathererStore {
 public:
  // `give_up` is called when the tables cannot be written as things are; any thread.
  GathererStore(const GathererConfig& config, MetricsRegistry& metrics, Logger log,
                std::function<void(const Error&)> give_up);

  // Waits a while for the database.
  Expected<void> check_database() const;
  // Recovers the spill and starts to write.
  Expected<void> start();
  // How the process before this one ended. Only after start().
  enum class LastEnd : std::uint8_t {
    kNone,     // there was none
    kStopped,  // in order
    kKilled,
    kFlipped,  // killed, after some of its streams were stopped for their legs
  };
  LastEnd last_end() const { return last_end_; }
  // Everything accepted is committed or on disk. False: rows were lost.
  bool finish();

  void push(Table table, RowBatch& batch) { queues_[index_of(table)]->push(batch); }
  // What a lane proves, right after it pushed all it had.
  void prove(std::size_t lane, std::vector<StreamProof> proofs, Micros at) {
    gate_->offer(lane, std::move(proofs), at);
  }
  // A ledger row that belongs to no stream.
  void note(const LedgerEvent& event);
  // A row or frame that nobody can use, kept as it is.
  void quarantine(const std::string& reason, std::string_view bytes);

  // So much waits for the database that one who can wait should.
  bool crowded() const { return budget_.used() > budget_.limit() / 2; }

  ExchangeClock& exchange_clock() { return exchange_clock_; }
  ComponentHealth database_health() const;
  ComponentHealth spill_health() const;

 private:
  Expected<void> note_start();
  std::filesystem::path stop_mark() const;
  Expected<LastEnd> find_last_end(Connection& connection) const;
  Expected<void> make_spill();
  void make_writer(Table table);
  void note_drop(const Dropped& dropped);

  const GathererConfig& config_;
  MetricsRegistry& metrics_;
  const Logger log_;
  const std::function<void(const Error&)> give_up_;
  Counter& rejected_rows_;
  ByteBudget budget_;
  ExchangeClock exchange_clock_;
  DropLog drops_;
  BatchQueues queues_;
  std::unique_ptr<Spill> spill_;
  std::array<std::unique_ptr<TableWriter>, kAllTables.size()> writers_;
  std::unique_ptr<WatermarkGate> gate_;
  LastEnd last_end_ = LastEnd::kNone;
};

}  // namespace kd
