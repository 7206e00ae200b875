#include "backfill/trade_pages.h"

#include <fmt/format.h>

namespace kd {
namespace {

constexpr const char* kCutoff = "/historical/cutoff";
constexpr const char* kLive = "/markets/trades";
constexpr const char* kHistorical = "/historical/trades";
constexpr int kPageSize = 1000;  // the exchange's most

RestRequest request(const char* endpoint, std::string path) {
  return {.endpoint = endpoint, .path = std::move(path), .priority = RestPriority::kBackfill};
}

std::string path_of(const char* endpoint, const TierRange& range, const std::string& ticker,
                    const std::string& cursor) {
  auto path =
      fmt::format("{}?limit={}&min_ts={}&max_ts={}", endpoint, kPageSize,
                  range.min.time_since_epoch().count(), range.max.time_since_epoch().count());
  if (!ticker.empty()) path += "&ticker=" + percent_encode(ticker);
  if (!cursor.empty()) path += "&cursor=" + percent_encode(cursor);
  return path;
}

// Of an answer that is not what the exchange documents; the next one may be.
tl::unexpected<Error> odd(const char* endpoint, const Error& error) {
  return fail(Remedy::kRetry, std::string(endpoint) + ": " + error.what);
}

}  // namespace

Expected<Micros> TradePages::cutoff(const std::stop_token& stop) {
  KD_TRY(const auto answer, client_.get(request(kCutoff, kCutoff), stop));
  const auto cutoff = decode_historical_cutoff(answer.body);
  if (!cutoff) return odd(kCutoff, cutoff.error());
  return cutoff->trades_created;
}

Expected<TradePages::Page> TradePages::read(const TierRange& range, const std::string& ticker,
                                            const std::string& cursor,
                                            const std::stop_token& stop) {
  const auto* const endpoint = range.tier == TradeTier::kLive ? kLive : kHistorical;
  KD_TRY(const auto answer,
         client_.get(request(endpoint, path_of(endpoint, range, ticker, cursor)), stop));
  auto page = decode_trades_page(answer.body);
  if (!page) return odd(endpoint, page.error());
  // Of an end that some answers give as an empty page with the cursor that was asked with.
  if (page->trades.empty() && page->unreadable.empty()) page->cursor.clear();
  if (!cursor.empty() && page->cursor == cursor) {
    return odd(endpoint, {Remedy::kRetry, "the cursor of a page leads to the same page"});
  }
  return Page{.content = *std::move(page), .received = answer.received};
}

}  // namespace kd
