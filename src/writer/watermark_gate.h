#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "codec/gatherer_rows.h"
#include "codec/table.h"
#include "writer/batch_queue.h"
#include "writer/spill.h"

namespace kd {

// Holds back the watermarks until all that came before them is committed: the rows and ledger
// events that were pushed before the offer, and the ledger rows of what of them was lost. While
// rows wait on disk, watermarks stand still. Any thread; waits for nothing but short locks.
class WatermarkGate {
 public:
  WatermarkGate(BatchQueues& queues, DropLog& drops, std::size_t lanes);

  // By the thread that pushed the rows the proofs speak of, after it pushed them all. Of the
  // offers of a lane the one that waits is kept and the newest: those between are of no more use.
  void offer(std::size_t lane, std::vector<StreamProof> proofs, Micros at);
  // Rows of some table have been settled. Offers that are proven become rows of `watermarks`.
  void settled();

 private:
  struct Offer {
    std::vector<StreamProof> proofs;
    Micros at{};
    std::array<std::uint64_t, kAllTables.size()> barrier{};  // rows pushed before it
    bool data_settled = false;  // all but the ledger; the ledger's barrier then covers its losses
  };
  struct Lane {
    std::optional<Offer> waiting;
    std::optional<Offer> newest;
  };
  static void keep_ended(const Offer& replaced, Offer& by);
  void advance(Lane& lane) KD_REQUIRES(mutex_);
  bool proven(Offer& offer) const;
  bool reached(const Offer& offer, Table table) const;

  BatchQueues& queues_;
  DropLog& drops_;
  Mutex mutex_;
  std::vector<Lane> lanes_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
