#include "writer/watermark_gate.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace kd {

WatermarkGate::WatermarkGate(BatchQueues& queues, DropLog& drops, std::size_t lanes)
    : queues_(queues), drops_(drops), lanes_(lanes) {}

void WatermarkGate::offer(std::size_t lane, std::vector<StreamProof> proofs, Micros at) {
  Offer offer{.proofs = std::move(proofs), .at = at, .barrier = {}, .data_settled = false};
  drops_.flush();  // what this thread could not push is in the ledger before the barrier
  for (const auto table : kAllTables) {
    offer.barrier[index_of(table)] = queues_[index_of(table)]->pushed();
  }
  const MutexLock lock(mutex_);
  auto& newest = lanes_[lane].newest;
  if (newest) keep_ended(*newest, offer);
  newest = std::move(offer);
  advance(lanes_[lane]);
}

// A stream that has ended is offered once.
void WatermarkGate::keep_ended(const Offer& replaced, Offer& by) {
  std::unordered_set<std::int64_t> told;
  for (const auto& proof : by.proofs) told.insert(proof.stream_id);
  for (const auto& proof : replaced.proofs) {
    if (!told.contains(proof.stream_id)) by.proofs.push_back(proof);
  }
}

void WatermarkGate::settled() {
  const MutexLock lock(mutex_);
  for (auto& lane : lanes_) advance(lane);
}

void WatermarkGate::advance(Lane& lane) {
  for (;;) {
    if (!lane.waiting) lane.waiting = std::exchange(lane.newest, std::nullopt);
    if (!lane.waiting || !proven(*lane.waiting)) return;
    RowBatch batch;
    append_watermark(batch, lane.waiting->at, lane.waiting->proofs);
    queues_[index_of(Table::kWatermarks)]->push(batch);
    lane.waiting.reset();
  }
}

bool WatermarkGate::proven(Offer& offer) const {
  if (!offer.data_settled) {
    offer.data_settled = std::ranges::all_of(kAllTables, [&](Table table) {
      return table == Table::kLedger || table == Table::kWatermarks || reached(offer, table);
    });
    if (!offer.data_settled) return false;
    drops_.flush();
    // A row that the database refused has its ledger row by now.
    offer.barrier[index_of(Table::kLedger)] = queues_[index_of(Table::kLedger)]->pushed();
  }
  return reached(offer, Table::kLedger);
}

bool WatermarkGate::reached(const Offer& offer, Table table) const {
  return queues_[index_of(table)]->settled() >= offer.barrier[index_of(table)];
}

}  // namespace kd
