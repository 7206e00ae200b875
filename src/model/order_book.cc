#include "model/order_book.h"

#include <algorithm>
#include <string>

namespace kd {
namespace {

bool cheaper(const Level& level, Price price) { return level.price < price; }

void assign_sorted(std::vector<Level>& out, std::span<const Level> levels) {
  out.assign(levels.begin(), levels.end());
  std::sort(out.begin(), out.end(),
            [](const Level& a, const Level& b) { return a.price < b.price; });
  std::erase_if(out, [](const Level& level) { return level.size == Size(); });
}

}  // namespace

void OrderBook::reset(std::span<const Level> yes, std::span<const Level> no) {
  assign_sorted(yes_, yes);
  assign_sorted(no_, no);
}

Expected<void> OrderBook::apply(Side side, Price price, Size change) {
  auto& levels = side == Side::kYes ? yes_ : no_;
  const auto at = std::lower_bound(levels.begin(), levels.end(), price, cheaper);
  const bool known = at != levels.end() && at->price == price;
  const Size size = (known ? at->size : Size()) + change;
  if (size < Size()) {
    return fail(Remedy::kDropItem,
                "level " + std::to_string(price.raw()) +
                    " would become negative: " + std::to_string(size.hundredths()));
  }
  if (!known && size != Size()) {
    levels.insert(at, Level{price, size});
  } else if (known && size == Size()) {
    levels.erase(at);
  } else if (known) {
    at->size = size;
  }
  return {};
}

std::optional<Level> OrderBook::best_bid(Side side) const {
  const auto levels = bids(side);
  if (levels.empty()) return std::nullopt;
  return levels.back();
}

std::optional<Level> OrderBook::best_ask(Side side) const {
  const auto other = best_bid(side == Side::kYes ? Side::kNo : Side::kYes);
  if (!other) return std::nullopt;
  return Level{other->price.complement(), other->size};
}

}  // namespace kd
