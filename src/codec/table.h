#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kd {

// The tables of a gatherer's database that its frames are written to.
enum class Table : std::uint8_t {
  kTrades,
  kOrderbookDeltas,
  kOrderbookSnapshots,
  kTickers,
  kLifecycleEvents,
  kLedger,
  kQuarantine,
  kWatermarks,
};

inline constexpr std::array<Table, 8> kAllTables{
    Table::kTrades,     Table::kOrderbookDeltas, Table::kOrderbookSnapshots,
    Table::kTickers,    Table::kLifecycleEvents, Table::kLedger,
    Table::kQuarantine, Table::kWatermarks};

constexpr std::string_view name_of(Table table) {
  constexpr std::array<std::string_view, 8> kNames{
      "trades",           "orderbook_deltas", "orderbook_snapshots", "tickers",
      "lifecycle_events", "ledger",           "quarantine",          "watermarks"};
  return kNames[static_cast<std::size_t>(table)];
}

constexpr std::size_t index_of(Table table) { return static_cast<std::size_t>(table); }

}  // namespace kd
