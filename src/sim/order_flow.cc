#include "sim/order_flow.h"

#include <algorithm>
#include <cmath>

#include "sim/grid.h"
#include "sim/numbers.h"

namespace kd::sim {

namespace {

constexpr std::size_t kMostLevels = 40;
constexpr std::size_t kFewLevels = 3;
constexpr int kDeepest = 12;

// The highest price a bid may have without meeting the other side.
std::int32_t bid_limit(const Book& book, GridKind grid, bool yes) {
  return snap_down(grid, kDollar - book.best(!yes).price - 1);
}

}  // namespace

// One to some thousand contracts, one in seven with a fraction, now and then a giant.
std::int64_t random_size(Random& random) {
  if (random.chance(0.002)) return static_cast<std::int64_t>(random.below(100'000'000) + 1);
  const double whole = std::exp(random.uniform() * 7);
  const auto fraction =
      random.chance(0.15) ? static_cast<std::int64_t>(random.below(99) + 1) : std::int64_t{0};
  return static_cast<std::int64_t>(whole) * 100 + fraction;
}

void OrderFlow::act(const Market& market, std::int32_t& fair, Random& random,
                    std::vector<Change>& out) {
  market_ = &market;
  fair_ = &fair;
  random_ = &random;
  out_ = &out;
  book_ = market.book;
  out.clear();
  const double what = random.uniform();
  if (what < 0.50) {
    add_orders(random.run_length(0.3, 4));
  } else if (what < 0.80) {
    withdraw(random.run_length(0.2, 3));
  } else if (what < 0.93) {
    sweep(random.run_length(0.45, 5));
  } else if (what < 0.995) {
    move_order();
  } else {
    block_trade();
  }
  if (random.chance(0.05)) drift(random.chance(0.5) ? 1 : -1);
}

void OrderFlow::seed_book(Market& market, std::int32_t fair, int depth, Random& random) {
  for (const bool yes : {true, false}) {
    const std::int32_t around = yes ? fair : kDollar - fair;
    std::int32_t price =
        snap_down(market.grid, std::min(around - 1, bid_limit(market.book, market.grid, yes)));
    for (int i = 0; i < depth && price > 0; ++i) {
      market.book.apply(yes, price, random_size(random));
      price = step_down(market.grid, price, random.run_length(0.4, 4));
    }
  }
}

std::int32_t OrderFlow::fair_of(bool yes) const { return yes ? *fair_ : kDollar - *fair_; }

void OrderFlow::put(const Change& change) {
  if (!change.is_trade) book_.apply(change.yes, change.price, change.size);
  out_->push_back(change);
}

void OrderFlow::add_orders(int count) {
  const bool yes = random_->chance(0.5);
  for (int i = 0; i < count; ++i) {
    const std::size_t before = out_->size();
    if (!place(yes) && !place(!yes)) return;
    // A twin of the same size: what a key without occurrence would lose.
    if (before < out_->size() && random_->chance(0.02)) put(Change(out_->back()));
  }
}

bool OrderFlow::place(bool yes) {
  if (book_.side(yes).size() >= kMostLevels) return take_away(yes, true);
  const GridKind grid = market_->grid;
  const std::int32_t top = std::min(snap_down(grid, fair_of(yes) - 1), bid_limit(book_, grid, yes));
  const std::int32_t price = step_down(grid, top, random_->run_length(0.65, kDeepest) - 1);
  if (price <= 0) return false;
  put({false, yes, price, random_size(*random_), false});
  return true;
}

void OrderFlow::withdraw(int count) {
  const bool yes = random_->chance(0.5);
  for (int i = 0; i < count; ++i) {
    if (!take_away(yes, random_->chance(0.4))) return add_orders(1);
  }
}

// Takes an order, or a part of one, out of a side that is not nearly empty.
bool OrderFlow::take_away(bool yes, bool whole) {
  const auto& levels = book_.side(yes);
  if (levels.size() <= kFewLevels) return false;
  const Level level = levels[random_->below(levels.size())];
  const auto part =
      static_cast<std::int64_t>(random_->below(static_cast<std::uint64_t>(level.size)) + 1);
  put({false, yes, level.price, whole ? -level.size : -part, false});
  return true;
}

void OrderFlow::move_order() {
  const bool yes = random_->chance(0.5);
  if (take_away(yes, true)) place(yes);
  if (out_->empty()) add_orders(1);
}

void OrderFlow::sweep(int levels) {
  const bool taker_yes = random_->chance(0.5);
  for (int i = 0; i < levels; ++i) {
    if (book_.side(!taker_yes).size() <= 1) break;  // the last level stays
    const Level level = book_.best(!taker_yes);
    const bool last = i + 1 == levels;
    const auto part =
        static_cast<std::int64_t>(random_->below(static_cast<std::uint64_t>(level.size)) + 1);
    fill(taker_yes, level, last ? part : level.size);
  }
  if (out_->empty()) return add_orders(1);
  drift(taker_yes ? levels - 1 : 1 - levels);
}

// Against one resting order, or against two of the same size.
void OrderFlow::fill(bool taker_yes, const Level& level, std::int64_t size) {
  const int orders = size % 2 == 0 && random_->chance(0.15) ? 2 : 1;
  for (int i = 0; i < orders; ++i) trade_and_delta(taker_yes, level.price, size / orders);
}

void OrderFlow::trade_and_delta(bool taker_yes, std::int32_t bid, std::int64_t size) {
  const Change trade{true, taker_yes, taker_yes ? kDollar - bid : bid, size, false};
  const Change delta{false, !taker_yes, bid, -size, false};
  const bool trade_first = random_->chance(0.5);  // the exchange promises no order
  put(trade_first ? trade : delta);
  put(trade_first ? delta : trade);
}

void OrderFlow::block_trade() {
  const std::int32_t price = std::max(snap_down(market_->grid, *fair_), std::int32_t{10});
  put({true, random_->chance(0.5), price, 1'000'000 + random_size(*random_), true});
}

void OrderFlow::drift(int steps) {
  const std::int32_t room = 3000;  // two cents at least to either end
  const std::int32_t step = *fair_ < 10'000 || *fair_ > 90'000 ? 100 : 500;
  *fair_ = std::clamp(*fair_ + steps * step, room - 1000, kDollar - room + 1000);
}

}  // namespace kd::sim
