#include "integration/merge_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/copy_row.h"

namespace kd {
namespace {

std::string money(Price price) { return fmt::format("{:.4f}", price.raw() / 100'000.0); }
std::string contracts(std::int64_t hundredths) {
  return fmt::format("{:.2f}", static_cast<double>(hundredths) / 100.0);
}

std::string levels(std::span<const Level> bids) {
  std::string out;
  for (const auto& level : bids) {
    out += fmt::format("{}[\"{}\",\"{}\"]", out.empty() ? "" : ",", money(level.price),
                       contracts(level.size.hundredths()));
  }
  return "[" + out + "]";
}

}  // namespace

MergeLine::MergeLine(PgCluster& cluster, const std::string& id)
    : cluster_(cluster), id_(id), database_(cluster.make_database(id, SchemaKind::kGatherer)) {
  connection_ = cluster_.connect(database_, "gatherer");
  partitions_ = std::make_unique<Partitions>(*Partitions::load(*connection_));
}

MergeLine::~MergeLine() = default;

void MergeLine::begin(const MergeTruth& truth) {
  kill();
  truth_ = &truth;
  books_.assign(truth.tickers.size(), {});
  stored_.clear();
  covered_.assign(truth.tickers.size(), {});
  based_.assign(truth.tickers.size(), false);
}

void MergeLine::exchange_changed(const TrueChange& change) {
  ASSERT_TRUE(books_[change.market].apply(change.side, change.price, change.change));
}

void MergeLine::start_process() {
  Router::Options options;
  options.batch_rows.fill(1'000'000);
  options.tickers = &tickers_;
  options.next_stream_id = [this] { return ++streams_; };
  options.on_lifecycle = [](const LifecycleEvent&, bool) {};
  router_ = std::make_unique<Router>(
      std::move(options),
      [this](Table table, RowBatch& batch) {
        pending_[index_of(table)].push_back(std::exchange(batch, {}));
      },
      router_metrics_);
}

void MergeLine::frame(const std::string& text, std::int64_t at_ms) {
  std::string padded = text;
  padded.reserve(padded.size() + kFramePadding);
  router_->on_frame(0, padded, micros_from_ms(at_ms));
}

void MergeLine::open(std::int64_t at_ms) {
  if (router_ == nullptr) start_process();
  open_ = true;
  gap_ = false;
  seq_ = 0;
  stored_.emplace_back();
  frame(
      fmt::format(
          R"({{"id":1,"type":"subscribed","sending_ts_ms":{},"msg":{{"channel":"orderbook_delta","sid":1}}}})",
          at_ms),
      at_ms);
  std::vector<std::string_view> names(truth_->tickers.begin(), truth_->tickers.end());
  router_->joined(0, 1, micros_from_ms(at_ms), names);
  send_snapshots(at_ms);
}

void MergeLine::send_snapshots(std::int64_t at_ms) {
  for (std::size_t i = 0; i < truth_->tickers.size(); ++i) {
    frame(
        fmt::format(
            R"({{"type":"orderbook_snapshot","sending_ts_ms":{},"sid":1,"seq":{},"msg":{{"market_ticker":"{}","market_id":"1f0d3c5a-7b1e-4c22-9a51-0c8a4e6f2b11","yes_dollars_fp":{},"no_dollars_fp":{}}}}})",
            at_ms, ++seq_, truth_->tickers[i], levels(books_[i].bids(Side::kYes)),
            levels(books_[i].bids(Side::kNo))),
        at_ms);
    if (based_[i]) continue;
    based_[i] = true;
    covered_[i].push_back({at_ms, at_ms});
  }
  if (!std::exchange(gap_, false)) return;
  std::vector<std::string_view> names(truth_->tickers.begin(), truth_->tickers.end());
  router_->healed(0, 1, micros_from_ms(at_ms), names);
}

void MergeLine::send(std::size_t index, const TrueChange& change, Fate fate) {
  if (!open_) return;
  ++seq_;
  if (fate == Fate::kIsLost) {
    gap_ = true;
    return end_stretches();
  }
  const auto text = fmt::format(
      R"({{"type":"orderbook_delta","sending_ts_ms":{},"sid":1,"seq":{},"msg":{{"market_ticker":"{}","market_id":"1f0d3c5a-7b1e-4c22-9a51-0c8a4e6f2b11","price_dollars":"{}","delta_fp":"{}","side":"{}","ts_ms":{}}}}})",
      change.sending_ms, seq_, truth_->tickers[change.market], money(change.price),
      contracts(change.change.hundredths()), is_yes(change.side) ? "yes" : "no", change.ts_ms);
  frame(text, change.sending_ms);
  if (fate == Fate::kComesTwice) frame(text, change.sending_ms);
  unstored_.insert(index);
}

void MergeLine::end_stretches() { std::fill(based_.begin(), based_.end(), false); }

void MergeLine::close(std::int64_t at_ms, std::string_view reason) {
  if (!open_) return;
  router_->connection_closed(0, micros_from_ms(at_ms), reason);
  // Part of what was received belongs to a stream that is over; it is committed with the next.
  commit(at_ms);
  open_ = false;
  gap_ = false;
  end_stretches();
}

void MergeLine::kill() {
  router_.reset();
  for (auto& batches : pending_) batches.clear();
  unstored_.clear();
  open_ = false;
  gap_ = false;
  end_stretches();
}

void MergeLine::kill_amid_commit(std::int64_t at_ms, std::uint32_t tables) {
  if (router_ == nullptr) return;
  router_->flush();
  for (const auto table : kAllTables) {
    if (table == Table::kWatermarks || (tables >> index_of(table) & 1U) == 0) continue;
    store(table, at_ms);
    if (table == Table::kOrderbookDeltas && !stored_.empty()) stored_.back().merge(unstored_);
  }
  kill();
}

void MergeLine::commit(std::int64_t at_ms) {
  if (router_ == nullptr) return;
  router_->flush();
  const auto proofs = router_->take_proofs();
  if (!proofs.empty()) {
    append_watermark(pending_[index_of(Table::kWatermarks)].emplace_back(), micros_from_ms(at_ms),
                     proofs);
  }
  for (const auto table : kAllTables) store(table, at_ms);
  if (!stored_.empty()) stored_.back().merge(unstored_);
  unstored_.clear();
  for (std::size_t i = 0; i < covered_.size(); ++i) {
    if (based_[i]) covered_[i].back().until_ms = at_ms;
  }
}

// kAllTables ends with the watermarks, so a proof comes after what it proves.
void MergeLine::store(Table table, std::int64_t at_ms) {
  auto& batches = pending_[index_of(table)];
  auto& last = last_position_[index_of(table)];
  const std::string name(name_of(table));
  for (auto& batch : batches) {
    const auto first = std::max(last + 1, at_ms * 1000);
    for (const auto start : batch.row_starts) {
      last = std::max(last + 1, at_ms * 1000);
      CopyRowWriter::patch_int8(batch.bytes, start + kPositionColumn, last);
    }
    if (batch.empty()) continue;
    ASSERT_TRUE(partitions_->ensure(*connection_, name, first, last));
    const auto copied =
        connection_->copy_in("COPY " + name + " FROM STDIN (FORMAT binary)", batch.bytes);
    ASSERT_TRUE(copied) << copied.error().what;
  }
  batches.clear();
}

}  // namespace kd
