#include "model/universe.h"

#include <algorithm>

#include "base/crc32.h"

namespace kd {
namespace {

constexpr std::array<std::string_view, 4> kChannelNames{"orderbook", "trade", "ticker",
                                                        "lifecycle"};

std::size_t place_of(Channel channel) {
  switch (channel) {
    case Channel::kTrade:
      return 1;
    case Channel::kTicker:
      return 2;
    case Channel::kLifecycle:
    case Channel::kComboLifecycle:
      return 3;
    default:
      return 0;
  }
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string::npos; }

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // of the last '*', to come back to
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool UniverseRules::Pattern::matches(std::string_view ticker) const {
  if (part == Part::kMarket) return glob_matches(glob, ticker);
  if (part == Part::kSeries) return glob_matches(glob, ticker.substr(0, ticker.find('-')));
  for (auto dash = ticker.find('-'); dash != std::string_view::npos;
       dash = ticker.find('-', dash + 1)) {
    if (glob_matches(glob, ticker.substr(0, dash))) return true;
  }
  return glob_matches(glob, ticker);
}

Expected<UniverseRules::Pattern> UniverseRules::parse_pattern(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = colon == std::string::npos ? "" : text.substr(0, colon);
  Pattern pattern{.part = Pattern::Part::kMarket,
                  .glob = colon == std::string::npos ? text : text.substr(colon + 1)};
  if (kind == "series") {
    pattern.part = Pattern::Part::kSeries;
  } else if (kind == "event") {
    pattern.part = Pattern::Part::kEvent;
  } else if (colon == std::string::npos) {
    if (!has_wildcard(text)) pattern.part = Pattern::Part::kEvent;
  } else if (kind != "market") {
    return fail(Remedy::kGiveUp, "'" + text + "': '" + kind + "' is none of series, event, market");
  }
  if (pattern.glob.empty()) return fail(Remedy::kGiveUp, "'" + text + "': the pattern is empty");
  if (pattern.part == Pattern::Part::kSeries && pattern.glob.find('-') != std::string::npos) {
    return fail(Remedy::kGiveUp, "'" + text + "': a series has no '-'; use event: or market:");
  }
  return pattern;
}

Expected<UniverseRules> UniverseRules::parse(const std::vector<std::string>& include,
                                             const std::vector<std::string>& exclude,
                                             const std::vector<std::string>& combos) {
  UniverseRules rules;
  for (const auto& text : include) {
    KD_TRY(auto pattern, parse_pattern(text));
    rules.include_.push_back(std::move(pattern));
  }
  for (const auto& text : exclude) {
    KD_TRY(auto pattern, parse_pattern(text));
    rules.exclude_.push_back(std::move(pattern));
  }
  if (combos.empty() || (combos.size() == 1 && combos[0] == "true")) return rules;
  rules.combos_.fill(false);
  for (const auto& name : combos) {
    if (combos.size() == 1 && name == "false") break;
    const auto* const found = std::find(kChannelNames.begin(), kChannelNames.end(), name);
    if (found == kChannelNames.end()) {
      return fail(Remedy::kGiveUp, "'" + name +
                                       "' is not allowed; expected true, false or some of "
                                       "orderbook, trade, ticker, lifecycle");
    }
    rules.combos_[static_cast<std::size_t>(found - kChannelNames.begin())] = true;
  }
  rules.all_combos_ =
      std::all_of(rules.combos_.begin(), rules.combos_.end(), [](bool b) { return b; });
  return rules;
}

bool UniverseRules::wants_combos(Channel channel) const { return combos_[place_of(channel)]; }

UniverseRules UniverseRules::shard(int index, int count) const {
  auto part = *this;
  part.shard_index_ = static_cast<std::uint32_t>(index);
  part.shard_count_ = static_cast<std::uint32_t>(count);
  return part;
}

bool UniverseRules::decide(std::string_view ticker, Channel channel) const {
  if (shard_count_ > 1 && crc32(ticker) % shard_count_ != shard_index_) return false;
  if (is_combo(ticker) && !wants_combos(channel)) return false;
  const auto matches = [&](const Pattern& pattern) { return pattern.matches(ticker); };
  if (!include_.empty() && std::none_of(include_.begin(), include_.end(), matches)) return false;
  return std::none_of(exclude_.begin(), exclude_.end(), matches);
}

std::optional<std::vector<std::string>> UniverseRules::only_series() const {
  if (include_.empty()) return std::nullopt;
  std::vector<std::string> series;
  for (const auto& pattern : include_) {
    // A wildcard behind the first '-' leaves the series exact: KXBTC-26NOV*.
    const auto name = pattern.glob.substr(0, pattern.glob.find('-'));
    const bool whole = pattern.part == Pattern::Part::kSeries ||
                       name.size() < pattern.glob.size() || !has_wildcard(pattern.glob);
    if (has_wildcard(name) || !whole) return std::nullopt;
    if (std::find(series.begin(), series.end(), name) == series.end()) series.push_back(name);
  }
  return series;
}

}  // namespace kd
