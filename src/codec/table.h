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
};

inline constexpr std::array<Table, 7> kAllTables{
    Table::kTrades,          Table::kOrderbookDeltas, Table::kOrderbookSnapshots, Table::kTickers,
    Table::kLifecycleEvents, Table::kLedger,          Table::kQuarantine};

constexpr std::string_view name_of(Table table) {
  constexpr std::array<std::string_view, 7> kNames{
      "trades",           "orderbook_deltas", "orderbook_snapshots", "tickers",
      "lifecycle_events", "ledger",           "quarantine"};
  return kNames[static_cast<std::size_t>(table)];
}

constexpr std::size_t index_of(Table table) { return static_cast<std::size_t>(table); }

}  // namespace kd
