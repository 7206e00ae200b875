#include "app/storage_options.h"

#include <algorithm>
#include <utility>

#include "app/connect_options.h"

namespace kd {
namespace {

// A silent database must not keep a process from stopping in 30 s; what takes longer, a
// compression, has a limit of its own.
constexpr std::chrono::seconds kGathererAnswer{10};
constexpr std::chrono::seconds kDeduplicatorAnswer{15};

}  // namespace

KeptTables kept_by(const GathererConfig& config) {
  const auto& r = config.retention;
  KeptTables out;
  out.keep = {{"trades", r.trades},
              {"orderbook_deltas", r.orderbook_deltas},
              {"orderbook_snapshots", r.orderbook_snapshots},
              {"tickers", r.tickers}};
  out.others = std::max({r.trades, r.orderbook_deltas, r.orderbook_snapshots, r.tickers});
  return out;
}

KeptTables kept_by(const DeduplicatorConfig& config) {
  const auto& r = config.retention;
  KeptTables out;
  out.keep = {{"orderbook_deltas", r.orderbook_deltas},
              {"orderbook_snapshots", r.orderbook_snapshots},
              {"tickers", r.tickers}};
  if (r.trades) out.keep["trades"] = *r.trades;
  return out;
}

Maintenance::Options maintenance_of(const GathererConfig& config) {
  auto kept = kept_by(config);
  Maintenance::Options out;
  out.connect = connect_options(config.database, "gatherer maintenance");
  out.connect.answer_timeout = kGathererAnswer;
  out.kind = SchemaKind::kGatherer;
  out.keep = std::move(kept.keep);
  out.keep_others = kept.others;
  out.compress_after = config.retention.compress_after;
  return out;
}

Maintenance::Options maintenance_of(const DeduplicatorConfig& config, std::function<bool()> leads) {
  auto kept = kept_by(config);
  Maintenance::Options out;
  out.connect = connect_options(config.production, "deduplicator maintenance");
  out.connect.answer_timeout = kDeduplicatorAnswer;
  out.kind = SchemaKind::kProduction;
  out.keep = std::move(kept.keep);
  out.keep_others = kept.others;
  out.compress_after = config.retention.compress_after;
  out.without_export = config.retention.without_export;
  out.leads = std::move(leads);
  return out;
}

}  // namespace kd
