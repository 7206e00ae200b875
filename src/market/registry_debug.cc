#include <fmt/format.h>

#include <algorithm>

#include "base/json_quote.h"
#include "market/market_registry.h"

namespace kd {
namespace {

constexpr std::size_t kMost = 1'000;

std::string counts_json(const MarketTable::Counts& counts) {
  std::string statuses;
  std::array<std::size_t, 4> phases{};
  for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
    const auto status = static_cast<MarketStatus>(i);
    statuses += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", name_of(status), counts.by_status[i]);
    phases[static_cast<std::size_t>(phase_of(status).value_or(MarketPhase::kOpen))] +=
        counts.by_status[i];
  }
  std::string by_phase;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    by_phase += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", name_of(static_cast<MarketPhase>(i)),
                            phases[i]);
  }
  std::string words;
  for (const auto& [word, times] : counts.unknown_words) {
    words += fmt::format("{}{}:{}", words.empty() ? "" : ",", json_quote(word), times);
  }
  return fmt::format("\"by_phase\":{{{}}},\"by_status\":{{{}}},\"unknown_statuses\":{{{}}}",
                     by_phase, statuses, words);
}

std::string time_json(std::uint32_t seconds) {
  return seconds == 0 ? "null" : std::to_string(seconds);
}

}  // namespace

std::string Registry::debug(std::size_t limit, std::string_view prefix) const {
  const MutexLock lock(mutex_);
  std::string shown;
  for (const auto& market : table_.list(std::min(limit, kMost), prefix)) {
    shown += fmt::format(
        "{}{{\"ticker\":{},\"status\":\"{}\",\"open_time\":{},\"close_time\":{},\"recorded\":{}}}",
        shown.empty() ? "" : ",", json_quote(tickers_.name(market.id)), name_of(market.status),
        time_json(market.open_s), time_json(market.close_s), market.wanted);
  }
  return fmt::format(
      "{{\"markets\":{},\"open\":{},{},\"walked\":{},\"exchange_paused\":{},\"shown\":[{}]}}",
      table_.size(), table_.open(), counts_json(table_.counts()), walked_once_.load(),
      paused_.load(), shown);
}

}  // namespace kd
