#include "dedup/round_merge.h"

#include <utility>

#include "codec/copy_reader.h"

namespace kd {
void Round::clear() {
  for (auto& table : tables) table.clear();
  proofs.clear();
  frozen.clear();
  moves.clear();
  pages.clear();
}

RoundMerge::RoundMerge(Options options)
    : gatherers_(std::move(options.gatherers)),
      progress_(gatherers_.size()),
      frozen_(gatherers_.size(), options.frozen) {
  for (const auto& spec : table_specs()) {
    merges_.emplace_back(spec, TableMerge::Options{.gatherers = gatherers_,
                                                   .seen = options.seen,
                                                   .partition_us = 0,
                                                   .seed = options.seed});
  }
}

void RoundMerge::begin(const Start& start) {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    merges_[t].seen().reset(start.horizons[t]);
    merges_[t].set_partition_width(start.partition_widths[t]);
  }
  progress_.reset(start.positions);
  frozen_.reset();
}

void RoundMerge::forget() {
  for (auto& merge : merges_) merge.seen().reset(SeenSet::kKnowsNothing);
  progress_.reset(std::vector<std::int64_t>(gatherers_.size() * kTableCount));
  frozen_.reset();
}

void RoundMerge::merge(std::vector<Page> pages, std::int64_t now_us, Round& round) {
  round.clear();
  for (auto& merge : merges_) merge.seen().expire(now_us);
  for (const auto& page : pages) tell_of_ledger(page);
  for (auto& page : pages) {
    if (page.table == kProofs) {
      progress_.hold(std::move(page));
    } else {
      add(std::move(page), now_us, round);
    }
  }
  for (std::size_t g = 0; g < gatherers_.size(); ++g) {
    if (auto page = progress_.release(g)) add_proofs(*std::move(page), now_us, round);
  }
  round.frozen = frozen_.take();
}

void RoundMerge::add(Page page, std::int64_t now_us, Round& round) {
  static const auto kDeltas = table_index("orderbook_deltas");
  auto* lines = page.table == kDeltas && gatherers_.size() > 1 ? &frozen_ : nullptr;
  merges_[page.table].add(page, now_us, round.tables[page.table], lines);
  move(page, round);
  round.pages.push_back(std::move(page));
}

void RoundMerge::add_proofs(Page page, std::int64_t now_us, Round& round) {
  ProofSet proofs;
  proofs.add(page, now_us, round.tables[kProofs].refused);
  for (const auto& [key, proof] : proofs.newest()) {
    frozen_.on_proof(key.first, key.second, proof.proven_until_us);
  }
  round.proofs.add(proofs);
  move(page, round);
  round.pages.push_back(std::move(page));
}

void RoundMerge::move(const Page& page, Round& round) {
  round.moves.push_back(
      {.key = {gatherers_[page.gatherer], std::string(table_specs()[page.table].name)},
       .from = progress_.position(page.gatherer, page.table),
       .to = page.end});
  progress_.advance(page);
}

void RoundMerge::tell_of_ledger(const Page& page) {
  static const auto kLedger = table_index("ledger");
  if (page.table != kLedger) return;
  CopyReader reader(page.rows, table_specs()[page.table].columns);
  CopyRow row;
  while (reader.next(row)) {
    if (read_ledger_event(row, event_)) frozen_.on_ledger(page.gatherer, event_);
  }
}

void RoundMerge::confirm() {
  for (auto& merge : merges_) merge.seen().confirm();
}

std::vector<bool> RoundMerge::blocked() const {
  std::vector<bool> out(gatherers_.size() * kTableCount);
  for (std::size_t g = 0; g < gatherers_.size(); ++g) {
    out[g * kTableCount + kProofs] = progress_.holds(g);
  }
  return out;
}

}  // namespace kd
