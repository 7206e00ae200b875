#include "market/walk.h"

#include <fmt/format.h>

#include "api/rest_client.h"

namespace kd {

Walk::Walk(std::vector<std::string> filters, int page_size)
    : page_size_(page_size), left_(filters.size()) {
  lists_.reserve(filters.size());
  for (auto& filter : filters) lists_.push_back({.filter = std::move(filter)});
}

std::optional<Walk::Page> Walk::next(Clock::time_point now) {
  if (under_way_ >= kAtOnce) return std::nullopt;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    auto& list = lists_[i];
    if (list.over || list.asked || list.not_before > now) continue;
    list.asked = true;
    ++under_way_;
    auto path = fmt::format("/markets?limit={}&{}", page_size_, list.filter);
    if (!list.cursor.empty()) path += "&cursor=" + percent_encode(list.cursor);
    return Page{.list = i, .path = std::move(path)};
  }
  return std::nullopt;
}

std::optional<Walk::Clock::time_point> Walk::wake_at() const {
  std::optional<Clock::time_point> at;
  if (under_way_ >= kAtOnce) return at;
  for (const auto& list : lists_) {
    if (!list.over && !list.asked && (!at || list.not_before < *at)) at = list.not_before;
  }
  return at;
}

void Walk::finish(List& list) {
  list.over = true;
  --left_;
}

void Walk::on_page(std::size_t list, const std::string& cursor, bool empty) {
  auto& at = lists_[list];
  at.asked = false;
  at.failures = 0;
  at.backoff.reset();
  --under_way_;
  ++pages_;
  if (cursor.empty() || (empty && cursor == at.cursor)) finish(at);
  at.cursor = cursor;
}

void Walk::on_failed(std::size_t list, Remedy remedy, Clock::time_point now, std::uint64_t random) {
  auto& at = lists_[list];
  at.asked = false;
  --under_way_;
  const bool hopeless = remedy == Remedy::kDropItem || ++at.failures >= kTries;
  at.not_before = now + at.backoff.next(random);
  if (!hopeless) return;
  failed_ = true;
  finish(at);
}

std::vector<std::string> full_walk_filters(const UniverseRules& rules) {
  std::vector<std::string> series{""};
  if (const auto only = rules.only_series()) {
    series.clear();
    for (const auto& name : *only) series.push_back("&series_ticker=" + percent_encode(name));
  }
  std::vector<std::string> filters;
  for (const auto& one : series) {
    for (const auto* combos : {"exclude", "only"}) {
      if (std::string_view(combos) == "only" && !rules.wants_combos(Channel::kOrderbook)) continue;
      for (const auto* status : {"open", "unopened"}) {
        filters.push_back(fmt::format("status={}&mve_filter={}{}", status, combos, one));
      }
    }
  }
  return filters;
}

std::vector<std::string> increment_filters(const UniverseRules& rules, std::int64_t since_s) {
  const auto all = fmt::format("min_updated_ts={}&mve_filter=exclude", since_s);
  const auto only = rules.only_series();
  if (!only) return {all};
  std::vector<std::string> filters;
  filters.reserve(only->size());
  for (const auto& name : *only) filters.push_back(all + "&series_ticker=" + percent_encode(name));
  return filters;
}

}  // namespace kd
