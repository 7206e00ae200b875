#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backfill/reconcile.h"
#include "backfill/volume_line.h"

namespace kd {

// Reconciles one hour after another, in order and without holes: what volume should be is carried
// on from hour to hour. Reads through server-side cursors inside a transaction of its own.
// Confined to the thread of its connection.
class HourReconciler {
 public:
  HourReconciler(Connection& connection, const ReconcileOptions& options)
      : connection_(connection), options_(options) {}

  // [from, to) lies in one hour.
  Expected<ReconcileReport> check(std::int64_t from_us, std::int64_t to_us);

 private:
  struct MarketHour {
    std::string ticker;
    std::vector<VolumeLine::TradeAt> trades;
    std::vector<VolumeLine::VolumeAt> tickers;
  };

  Expected<void> check_deltas();
  Expected<void> take_suspect(const SqlRow& row);
  Expected<void> check_volumes();
  Expected<void> take_volume_row(const SqlRow& row);
  Expected<void> finish_market();
  Expected<void> take_difference(const VolumeLine::Difference& difference);
  void keep(ReconcileFinding finding);

  Expected<void> each_row(const std::string& select,
                          const std::function<Expected<void>(const SqlRow&)>& take);
  Expected<bool> trades_proven(std::int64_t from_us, std::int64_t to_us);
  Expected<std::vector<ExchangeInterval>> compared_with_exchange();
  std::string and_ticker() const;
  std::int64_t slack_us() const;

  Connection& connection_;
  const ReconcileOptions& options_;
  std::map<std::string, VolumeLine> volumes_;
  // Of the hour that is being checked.
  std::int64_t from_us_ = 0;
  std::int64_t to_us_ = 0;
  ReconcileReport report_;
  MarketHour market_;
  std::string suspect_;  // the market whose coverage is at hand
  std::vector<ExchangeInterval> suspect_covered_;
  // Times whose trades were compared with the exchange's own list; read when first wanted.
  std::optional<std::vector<ExchangeInterval>> compared_;
};

}  // namespace kd
