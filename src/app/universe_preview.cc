#include "app/universe_preview.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_quote.h"

namespace kd {
namespace {

constexpr double kRequestTokens = 10;
constexpr std::size_t kBooksPerRequest = 100;

std::size_t ceil_div(std::size_t amount, std::size_t by) { return (amount + by - 1) / by; }

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string row(const std::string& name, std::size_t markets, std::size_t selected) {
  return fmt::format("{:<32} {:>10} {:>10} {:>7.1f} %\n", name, markets, selected,
                     percent(selected, markets));
}

}  // namespace

void UniverseTally::add(std::span<const Market> markets, const UniverseRules& rules) {
  for (const auto& market : markets) {
    const std::string name = market.ticker.substr(0, market.ticker.find('-'));
    auto& series = series_[name];
    series.name = name;
    const bool selected = rules.wants(market.ticker, Channel::kOrderbook);
    ++series.markets;
    ++markets_;
    series.selected += selected ? 1U : 0U;
    selected_ += selected ? 1U : 0U;
  }
}

std::vector<UniverseTally::Series> UniverseTally::series() const {
  std::vector<Series> all;
  all.reserve(series_.size());
  for (const auto& [name, series] : series_) all.push_back(series);
  std::stable_sort(all.begin(), all.end(), [](const Series& a, const Series& b) {
    return a.selected != b.selected ? a.selected > b.selected : a.markets > b.markets;
  });
  return all;
}

UniverseCost cost_of(std::size_t selected, std::size_t walk_pages, const UniverseLimits& limits) {
  UniverseCost cost;
  const auto room = limits.sockets * limits.markets_per_socket;
  const auto placed = std::min(selected, room);
  cost.sockets_needed = ceil_div(selected, limits.markets_per_socket);
  cost.unplaced = selected - placed;
  cost.snapshots = placed;
  const auto used = std::max<std::size_t>(std::min(limits.sockets, placed), 1);
  const auto per_socket = ceil_div(ceil_div(placed, used), limits.tickers_per_command);
  cost.commands = per_socket * std::min(used, placed);
  cost.subscribe_seconds =
      static_cast<double>(per_socket) / static_cast<double>(limits.commands_per_second);
  cost.sweep_tokens = static_cast<double>(ceil_div(selected, kBooksPerRequest)) * kRequestTokens;
  cost.sweep_seconds = cost.sweep_tokens / limits.tokens_per_second;
  cost.walk_tokens = static_cast<double>(walk_pages) * kRequestTokens;
  cost.walk_seconds = cost.walk_tokens / limits.tokens_per_second;
  const std::chrono::duration<double> interval(limits.sweep_interval);
  cost.sweep_share = cost.sweep_seconds <= interval.count() || cost.sweep_seconds == 0
                         ? 1
                         : interval.count() / cost.sweep_seconds;
  return cost;
}

std::string preview_text(const UniverseTally& tally, const UniverseLimits& limits,
                         const UniverseCost& cost, std::size_t most_series) {
  std::string out =
      fmt::format("{:<32} {:>10} {:>10} {:>9}\n", "series", "markets", "selected", "share");
  const auto series = tally.series();
  const auto shown = std::min(series.size(), most_series);
  for (std::size_t i = 0; i < shown; ++i) {
    out += row(series[i].name, series[i].markets, series[i].selected);
  }
  if (series.size() > shown) out += fmt::format("… and {} more series\n", series.size() - shown);
  out += row("total", tally.markets(), tally.selected());
  out +=
      fmt::format("\nbooks        {} on {} sockets, at most {} each; {} sockets would hold them\n",
                  tally.selected(), limits.sockets, limits.markets_per_socket, cost.sockets_needed);
  if (cost.unplaced > 0) out += fmt::format("NO ROOM      for {} of them\n", cost.unplaced);
  out += fmt::format("subscribing  {} commands, {} snapshots; {:.1f} s at the least\n",
                     cost.commands, cost.snapshots, cost.subscribe_seconds);
  out += fmt::format(
      "REST sweep   {:.0f} tokens, {:.1f} s at {:g} tokens/s; an interval reaches {:.0f} % of the "
      "markets\n",
      cost.sweep_tokens, cost.sweep_seconds, limits.tokens_per_second, 100 * cost.sweep_share);
  out += fmt::format("REST walk    {:.0f} tokens, {:.1f} s\n", cost.walk_tokens, cost.walk_seconds);
  return out;
}

std::string preview_json(const UniverseTally& tally, const UniverseLimits& limits,
                         const UniverseCost& cost) {
  std::string series;
  for (const auto& one : tally.series()) {
    series +=
        fmt::format("{}{{\"series\":{},\"markets\":{},\"selected\":{}}}", series.empty() ? "" : ",",
                    json_quote(one.name), one.markets, one.selected);
  }
  return fmt::format(
      "{{\"markets\":{},\"selected\":{},\"sockets\":{},\"sockets_needed\":{},\"unplaced\":{},"
      "\"commands\":{},\"snapshots\":{},\"subscribe_seconds\":{:.3f},\"tokens_per_second\":{:g},"
      "\"sweep_tokens\":{:.0f},\"sweep_seconds\":{:.3f},\"sweep_share\":{:.4f},"
      "\"walk_tokens\":{:.0f},\"walk_seconds\":{:.3f},\"series\":[{}]}}\n",
      tally.markets(), tally.selected(), limits.sockets, cost.sockets_needed, cost.unplaced,
      cost.commands, cost.snapshots, cost.subscribe_seconds, limits.tokens_per_second,
      cost.sweep_tokens, cost.sweep_seconds, cost.sweep_share, cost.walk_tokens, cost.walk_seconds,
      series);
}

}  // namespace kd
