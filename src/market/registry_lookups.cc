// How the registry asks REST about single markets.
#include <fmt/format.h>

#include <algorithm>

#include "codec/rest_decoder.h"
#include "market/market_registry.h"

namespace kd {

void Registry::ask_look_ups(Clock::time_point now) {
  constexpr std::size_t kFew = 3;
  while (look_ups_under_way_ < kLookUpsAtOnce && answered_) {
    const auto ids = look_ups_.next(now);
    if (ids.empty()) return;
    if (ids.size() > kFew) {
      look_up(ids);
    } else {
      for (const auto id : ids) look_up_one(id);
    }
  }
}

void Registry::look_up_one(LookUps::Id id) {
  ++look_ups_under_way_;
  ask({.endpoint = "/markets/{ticker}",
       .path = "/markets/" + percent_encode(tickers_.name(id)),
       .priority = RestPriority::kLifecycle,
       .accept_404 = true},
      [this, id](const auto& answer) {
        MarketsPage page;
        if (answer && answer->status == 404) return on_looked_up({id}, page);
        auto market = answer ? decode_market(answer->body) : tl::unexpected(answer.error());
        if (!market) return on_looked_up({id}, tl::unexpected(market.error()));
        page.markets.push_back(*std::move(market));
        on_looked_up({id}, page);
      });
}

void Registry::look_up(const std::vector<LookUps::Id>& ids) {
  ++look_ups_under_way_;
  std::string list;
  for (const auto id : ids) {
    list += (list.empty() ? "" : ",") + percent_encode(tickers_.name(id));
  }
  ask({.endpoint = "/markets",
       .path = fmt::format("/markets?limit={}&tickers={}", LookUps::kBatch, list),
       .priority = RestPriority::kReconcile},
      [this, ids](const auto& answer) {
        on_looked_up(ids,
                     answer ? decode_markets_page(answer->body) : tl::unexpected(answer.error()));
      });
}

void Registry::on_looked_up(const std::vector<LookUps::Id>& ids,
                            const Expected<MarketsPage>& found) {
  --look_ups_under_way_;
  const auto at = Clock::now();
  if (!found) {
    metrics_.errors("/markets").add();
    for (const auto id : ids) look_ups_.on_failed(id, at, random_());
    return;
  }
  const MutexLock lock(mutex_);
  table_.on_markets(found->markets, MarketTable::Source::kLookUp, now());
  for (const auto id : ids) {
    const bool listed = std::any_of(
        found->markets.begin(), found->markets.end(),
        [name = tickers_.name(id)](const Market& market) { return market.ticker == name; });
    if (listed) {
      look_ups_.on_found(id);
    } else if (!found->unreadable.empty() || hours_.paused()) {
      look_ups_.on_failed(id, at, random_());  // a closed exchange may list nothing
    } else if (look_ups_.on_missing(id, at, random_())) {
      table_.on_missing(id);
    }
  }
}

}  // namespace kd
