#include "sim/book.h"

#include <algorithm>
#include <utility>

#include "sim/numbers.h"

namespace kd::sim {

namespace {

bool below(const Level& level, std::int32_t price) { return level.price < price; }

void append_level(std::string& out, std::int32_t price, std::int64_t size) {
  out += "[\"";
  append_price(out, price);
  out += "\",\"";
  append_count(out, size);
  out += "\"],";
}

}  // namespace

void Book::apply(bool yes, std::int32_t price, std::int64_t delta) {
  auto& levels = levels_of(yes);
  const auto at = std::lower_bound(levels.begin(), levels.end(), price, below);
  if (at == levels.end() || at->price != price) {
    if (delta != 0) levels.insert(at, {price, delta});
    return;
  }
  at->size += delta;
  if (at->size == 0) levels.erase(at);
}

void Book::assign(bool yes, std::vector<Level> levels) {
  std::sort(levels.begin(), levels.end(),
            [](const Level& a, const Level& b) { return a.price < b.price; });
  levels_of(yes) = std::move(levels);
}

void Book::clear() {
  yes_.clear();
  no_.clear();
}

std::int64_t Book::size_at(bool yes, std::int32_t price) const {
  const auto& levels = side(yes);
  const auto at = std::lower_bound(levels.begin(), levels.end(), price, below);
  return at == levels.end() || at->price != price ? 0 : at->size;
}

Level Book::best(bool yes) const {
  const auto& levels = side(yes);
  for (auto at = levels.rbegin(); at != levels.rend(); ++at) {
    if (at->size > 0) return *at;
  }
  return {0, 0};
}

bool has_levels(const std::vector<Level>& levels) {
  return std::any_of(levels.begin(), levels.end(), [](const Level& l) { return l.size > 0; });
}

void append_levels(std::string& out, const std::vector<Level>& levels, bool as_yes_price,
                   std::size_t depth) {
  std::vector<Level> shown;
  shown.reserve(levels.size());
  for (const Level& level : levels) {
    if (level.size > 0) shown.push_back(level);
  }
  if (depth > 0 && shown.size() > depth)
    shown.erase(shown.begin(), shown.end() - std::ptrdiff_t(depth));
  if (as_yes_price) {
    std::reverse(shown.begin(), shown.end());
    for (Level& level : shown) level.price = kDollar - level.price;
  }
  out.push_back('[');
  for (const Level& level : shown) append_level(out, level.price, level.size);
  if (!shown.empty()) out.pop_back();
  out.push_back(']');
}

}  // namespace kd::sim
