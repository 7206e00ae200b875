#include "market/registry.h"

#include <algorithm>

namespace kd {

MarketRegistry::Change MarketRegistry::on_page(std::span<const Market> markets) {
  Change change;
  for (const auto& market : markets) {
    auto [entry, is_new] = markets_.try_emplace(market.ticker);
    const auto phase = phase_from_status(market.status).value_or(MarketPhase::kOpen);
    const bool was_active = !is_new && entry->second.phase == MarketPhase::kOpen;
    active_ += (phase == MarketPhase::kOpen ? 1U : 0U);
    active_ -= (was_active ? 1U : 0U);
    entry->second = {.phase = phase, .close_time = market.close_time, .seen_in_walk = walk_};
    if (is_new) change.added.push_back(market.ticker);
  }
  return change;
}

MarketRegistry::Change MarketRegistry::on_walk_end(Micros now) {
  Change change;
  std::erase_if(markets_, [&](const auto& item) {
    const auto& [ticker, entry] = item;
    if (entry.seen_in_walk >= walk_ || !entry.close_time || *entry.close_time + kAfterClose > now) {
      return false;
    }
    if (entry.phase == MarketPhase::kOpen) --active_;
    change.removed.push_back(ticker);
    return true;
  });
  ++walk_;
  return change;
}

MarketRegistry::Change MarketRegistry::on_created(std::string_view ticker) {
  Change change;
  if (!markets_.try_emplace(std::string(ticker)).second) return change;
  change.added.emplace_back(ticker);
  return change;
}

}  // namespace kd
