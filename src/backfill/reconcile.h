#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/time.h"
#include "database/connection.h"

namespace kd {

// Compares what production holds with itself, market by market and hour by hour:
//   - a trade that is no block trade took its size off a resting order: there is a delta of minus
//     its size in the same millisecond, at its price, on the side that the taker did not take; as
//     many such deltas as there are such trades (true of all 29,354 recorded trades);
//   - between two tickers of a market, its volume grew by the sizes of its trades.
// A difference is a finding where the market was covered, and only counted where it was not.

struct ExchangeInterval {  // µs, both ends inclusive
  std::int64_t from_us;
  std::int64_t to_us;
};

enum class ReconcileKind { kTradeWithoutDelta, kVolume };
std::string_view to_string(ReconcileKind kind);  // as stored

// Sizes in 0.01 contract, times in µs of exchange time.
struct ReconcileFinding {
  ReconcileKind kind{};
  std::string ticker;
  std::int64_t hour_us = 0;
  std::int64_t at_us = 0;     // of the trades; the earlier of two tickers
  std::int64_t until_us = 0;  // the same; the later one
  std::int64_t expected = 0;  // size of the trades; growth of volume
  std::int64_t found = 0;     // size of their deltas; size of the trades between
  std::string detail;         // the same in words
};
// One line: kind, market, instant, detail.
std::string to_string(const ReconcileFinding& finding);

struct ReconcileReport {
  std::int64_t hours = 0;
  std::int64_t trades = 0;
  std::int64_t block_trades = 0;
  std::int64_t markets = 0;   // that had trades or tickers, summed over the hours
  std::int64_t unproven = 0;  // differences where the market was not covered
  std::int64_t findings_total = 0;
  std::vector<ReconcileFinding> findings;  // the first of them

  ReconcileReport& operator+=(ReconcileReport other);
};

struct ReconcileOptions {
  Micros from{};  // exchange time, [from, to)
  Micros to{};    // behind everything that is still to be merged
  std::optional<std::string> ticker{};
  std::chrono::milliseconds volume_slack{1'000};  // by which ticker and trades may disagree
  std::size_t most_findings = 10'000;             // that are kept; all are counted
  // Whether what is found of whole hours and all markets is stored; takes the right to.
  bool store = true;
  // Which parts of [from_us, to_us] some line proves complete; `channel` is "orderbook_delta" or
  // "trade". Absent: all of it. Asked only where something differs. Trades are proven as well by a
  // back-fill or an audit of all markets. It may query the same connection, inside its transaction.
  std::function<Expected<std::vector<ExchangeInterval>>(std::string_view channel,
                                                        const std::string& ticker,
                                                        std::int64_t from_us, std::int64_t to_us)>
      covered{};
  std::function<void(Micros hour)> on_hour{};  // after each hour
};

// Takes memory for one market's hour and a small state per market. Leaves no transaction open.
Expected<ReconcileReport> reconcile(Connection& production, const ReconcileOptions& options);

// What the obvious key of a delta (ticker, exchange_ts, price, side) would have merged into one.
struct FoundingKeyLoss {
  std::int64_t deltas = 0;
  std::int64_t lost = 0;
};
Expected<FoundingKeyLoss> founding_key_loss(Connection& production, std::int64_t from_us,
                                            std::int64_t to_us);

}  // namespace kd
