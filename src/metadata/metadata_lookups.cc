// How metadata asks REST about single markets, events and series.
#include <fmt/format.h>

#include <algorithm>

#include "metadata/metadata_sync.h"

namespace kd {
namespace {

constexpr std::size_t kBatch = 100;          // markets in one request
constexpr std::size_t kDueAtOnce = 2'000;    // markets
constexpr std::size_t kNamedAtOnce = 200;    // events or series, a request each
constexpr std::int64_t kFewMissing = 1'000;  // markets

std::string path_of(MetadataKind kind, const std::string& ticker) {
  return fmt::format("/{}/{}", name_of(kind), percent_encode(ticker));
}

std::string endpoint_of(MetadataKind kind) { return fmt::format("/{}/{{ticker}}", name_of(kind)); }

std::string path_of_batch(const std::vector<std::string>& markets, bool historical) {
  std::string list;
  for (const auto& ticker : markets) list += (list.empty() ? "" : ",") + percent_encode(ticker);
  return fmt::format("{}/markets?limit={}&tickers={}", historical ? "/historical" : "", kBatch,
                     list);
}

}  // namespace

Expected<void> MetadataSync::look_up(std::vector<std::string>& markets, bool historical,
                                     RestPriority priority, const std::stop_token& stop) {
  if (markets.empty()) return {};
  KD_TRY(const auto page,
         read(MetadataKind::kMarkets, historical ? "/historical/markets" : "/markets",
              path_of_batch(markets, historical), priority, stop));
  KD_DO(apply(MetadataKind::kMarkets, page, historical));
  std::erase_if(markets, [&](const std::string& ticker) {
    return std::ranges::find(page.rows.tickers, ticker) != page.rows.tickers.end() ||
           std::ranges::find(page.rows.unreadable, ticker, &MetadataRows::Unreadable::ticker) !=
               page.rows.unreadable.end();
  });
  return {};
}

// The exchange neither sends an event nor counts it as an update when a market opens or closes
// by its times.
Expected<void> MetadataSync::look_up_due(const std::stop_token& stop) {
  KD_TRY(const auto due, store_->due(exchange_now(), kDueAtOnce));
  for (std::size_t first = 0; first < due.size(); first += kBatch) {
    if (!may_go_on(stop)) return {};
    const auto last = std::min(due.size(), first + kBatch);
    std::vector<std::string> batch(due.begin() + static_cast<std::ptrdiff_t>(first),
                                   due.begin() + static_cast<std::ptrdiff_t>(last));
    KD_DO(look_up(batch, false, RestPriority::kReconcile, stop));
  }
  return {};
}

Expected<void> MetadataSync::look_up_placeholders(MetadataKind kind, const std::stop_token& stop) {
  auto& asked = asked_[static_cast<std::size_t>(kind)];
  KD_TRY(const auto named, store_->placeholders(kind, asked, kNamedAtOnce));
  for (const auto& ticker : named) {
    if (!may_go_on(stop)) return {};
    asked.push_back(ticker);  // whatever comes of it: it must not keep the others waiting
    KD_DO(look_up_named(kind, ticker, stop));
  }
  if (named.size() < kNamedAtOnce) asked.clear();
  return {};
}

Expected<void> MetadataSync::look_up_named(MetadataKind kind, const std::string& ticker,
                                           const std::stop_token& stop) {
  const auto answer = get(endpoint_of(kind), path_of(kind, ticker), RestPriority::kReconcile, stop);
  if (!answer && answer.error().remedy != Remedy::kDropItem) {
    return tl::unexpected(answer.error());
  }
  if (!answer) return set_aside(kind, {{ticker, answer.error().what, ""}}, seen_now());
  if (answer->status != 200) {
    const auto why = fmt::format("named, and not there: HTTP status {}", answer->status);
    return set_aside(kind, {{ticker, why, answer->body}}, seen_now());
  }
  auto rows = decode_metadata_item(kind, answer->body);
  if (rows) return apply(kind, {*std::move(rows), seen_now()}, false);
  metrics_.rest_errors.add();
  return set_aside(kind, {{ticker, rows.error().what, answer->body}}, seen_now());
}

// A market that no list had: the cursor may have passed it by, it may have moved to the historical
// tier, or it is gone.
Expected<void> MetadataSync::look_up_missing(const std::stop_token& stop) {
  KD_TRY(const auto missing, store_->gather_missing(walk_->began));
  if (missing > std::max(walk_->markets, kFewMissing)) {
    log_.error("the lists miss more markets than they have: none is taken for vanished",
               {kv("missing", missing), kv("listed", walk_->markets)});
    return {};
  }
  while (may_go_on(stop)) {
    KD_TRY(auto markets, store_->take_missing(kBatch));
    if (markets.empty()) break;
    KD_DO(look_up(markets, false, RestPriority::kLaterWalk, stop));
    KD_DO(look_up(markets, true, RestPriority::kLaterWalk, stop));
    if (markets.empty()) continue;
    KD_TRY(const auto gone, store_->mark_vanished(markets, seen_now()));
    metrics_.vanished.add(static_cast<double>(gone));
    log_.info("markets vanished", {kv("count", gone), kv("one", markets.front())});
  }
  return {};
}

}  // namespace kd
