#include "connection/placement.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::size_t kMostMovesAtOnce = 400;   // under way, to even out loads
constexpr std::size_t kMostMovesPerLook = 200;  // begun at once
constexpr std::size_t kAlwaysTooFar = 50;       // markets between the most and the least loaded
constexpr std::size_t kNeverTooFar = 10;

}  // namespace

Placement::Placement(Options options)
    : options_(std::move(options)),
      assignment_(options_.books, options_.markets_per_connection, options_.seed),
      handover_(options_.handover),
      overflow_cap_(options_.books, options_.markets_per_connection),
      open_(options_.books, false),
      abandoned_(options_.books, false) {}

Placement::Orders Placement::want(Markets markets) {
  Orders orders;
  for (const auto market : markets) add(market, orders);
  return orders;
}

void Placement::add(Id market, Orders& orders) {
  if (const auto book = assignment_.add(market)) {
    orders[{*book, Order::kWant}].push_back(market);
  }
}

Placement::Orders Placement::let_go(Markets markets) {
  Orders orders;
  for (const auto market : markets) {
    if (const auto move = handover_.cancel(market)) {
      orders[{move->from, Order::kLetGo}].push_back(market);
    }
    if (const auto book = assignment_.remove(market)) {
      orders[{*book, Order::kLetGo}].push_back(market);
    }
  }
  place_waiting(orders);
  return orders;
}

void Placement::place_waiting(Orders& orders) {
  if (assignment_.unplaced() == 0) return;
  for (const auto market : assignment_.take_unplaced(assignment_.room())) add(market, orders);
}

bool Placement::move(Id market, std::size_t to, Time now, Orders& orders) {
  const auto from = assignment_.where(market);
  if (!from || *from == to || to >= options_.books) return false;
  if (!handover_.begin({market, *from, to}, now)) return false;
  assignment_.move(market, to);
  orders[{to, Order::kTakeOver}].push_back(market);
  return true;
}

std::size_t Placement::move_some(std::size_t count, Time now, Orders& orders) {
  std::size_t begun = 0;
  for (const auto market : assignment_.some(count, cursor_)) {
    const auto to = assignment_.best(market, *assignment_.where(market));
    if (to && move(market, *to, now, orders)) ++begun;
  }
  return begun;
}

void Placement::renew(Id market, Time now, Orders& orders) {
  const auto book = assignment_.where(market);
  if (!book) return;
  if (doubted_.size() >= kMostDoubted) doubted_.clear();
  const auto [before, first] = doubted_.try_emplace(market, now);
  const bool again = !first && now - before->second < kDoubtful;
  before->second = now;
  const auto to = again ? assignment_.best(market, *book) : std::nullopt;
  if (!to || !move(market, *to, now, orders)) orders[{*book, Order::kWant}].push_back(market);
}

Placement::Orders Placement::on_full(std::size_t book, std::size_t limit, Markets excess) {
  Orders orders;
  assignment_.cap(book, std::min(limit, assignment_.most(book)));
  for (const auto market : excess) give_back(book, market, orders);
  return orders;
}

// The connection has dropped the market already; it is told all the same, because it may have
// been given it anew since.
void Placement::give_back(std::size_t book, Id market, Orders& orders) {
  if (assignment_.where(market) != book) return;
  orders[{book, Order::kLetGo}].push_back(market);
  if (const auto move = handover_.cancel(market)) {  // it never left the old one, most often
    orders[{move->from, Order::kWant}].push_back(market);
    return assignment_.move(market, move->from);
  }
  assignment_.remove(market);
  add(market, orders);
}

Placement::Orders Placement::on_overflow(std::size_t book, Time now) {
  Orders orders;
  const auto load = assignment_.load(book);
  overflow_cap_[book] = std::max<std::size_t>(1, load * 3 / 4);
  set_cap(book);
  for (const auto market : assignment_.some_of(book, load - overflow_cap_[book], cursor_)) {
    if (const auto to = assignment_.best(market, book)) move(market, *to, now, orders);
  }
  return orders;
}

Placement::Orders Placement::on_lost(std::size_t book) {
  Orders orders;
  for (const auto& move : handover_.take_leaving(book)) {
    orders[{book, Order::kLetGo}].push_back(move.market);
    orders[{move.to, Order::kSettled}].push_back(move.market);
  }
  set_cap(book);  // what the exchange's limit is shows again
  place_waiting(orders);
  return orders;
}

void Placement::set_cap(std::size_t book) {
  assignment_.cap(book, abandoned_[book] ? 0 : overflow_cap_[book]);
}

Placement::Orders Placement::tick(std::span<const State> states, Time now) {
  Orders orders;
  finish_handovers(now, orders);
  look_at_connections(states, now, orders);
  place_waiting(orders);
  even_out(states, now, orders);
  return orders;
}

void Placement::finish_handovers(Time now, Orders& orders) {
  for (const auto& move : handover_.take_done(now)) {
    orders[{move.from, Order::kLetGo}].push_back(move.market);
    orders[{move.to, Order::kSettled}].push_back(move.market);
    ++handovers_done_;
  }
  for (const auto& move : handover_.take_stuck(now)) {
    orders[{move.to, Order::kLetGo}].push_back(move.market);
    orders[{move.from, Order::kWant}].push_back(move.market);  // which may have given it up
    assignment_.move(move.market, move.from);
  }
}

// When the connections come up one after another, those that are still down are about to.
void Placement::look_at_connections(std::span<const State> states, Time now, Orders& orders) {
  bool any_open = false;
  for (std::size_t book = 0; book < states.size(); ++book) {
    if (states[book].open && !open_[book]) last_opened_ = now;
    open_[book] = states[book].open;
    any_open = any_open || open_[book];
    if (!open_[book] || !abandoned_[book]) continue;
    abandoned_[book] = false;
    set_cap(book);
  }
  if (!any_open || now - last_opened_ < options_.settled_after) return;
  for (std::size_t book = 0; book < states.size(); ++book) {
    const auto& since = states[book].down_since;
    if (!since || now - *since < options_.abandon_after) continue;
    abandoned_[book] = true;
    set_cap(book);
  }
  for (std::size_t book = 0; book < states.size(); ++book) {
    if (!abandoned_[book] || assignment_.load(book) == 0) continue;
    return abandon(book, orders);  // the next one at the next look
  }
}

// It has no stream: its markets need not wait for anything. What finds no room stays.
void Placement::abandon(std::size_t book, Orders& orders) {
  const auto count = std::min<std::size_t>(assignment_.load(book), assignment_.room());
  for (const auto market : assignment_.some_of(book, count, cursor_))
    give_back(book, market, orders);
}

void Placement::even_out(std::span<const State> states, Time now, Orders& orders) {
  std::optional<std::size_t> most;
  std::optional<std::size_t> least;
  for (std::size_t book = 0; book < states.size(); ++book) {
    if (!states[book].open) continue;
    const auto load = assignment_.load(book);
    if (!most || load > assignment_.load(*most)) most = book;
    if (load < assignment_.most(book) && (!least || load < assignment_.load(*least))) least = book;
  }
  if (!most || !least || handover_.size() >= kMostMovesAtOnce) return;
  const auto high = assignment_.load(*most);
  const auto apart = high - std::min(high, assignment_.load(*least));
  const bool too_far = apart > kAlwaysTooFar || (apart * 10 > high && apart > kNeverTooFar);
  if (!too_far || now - last_opened_ < options_.settled_after) return;
  const auto room = assignment_.most(*least) - assignment_.load(*least);
  const auto count = std::min({apart / 2, kMostMovesPerLook, room});
  for (const auto market : assignment_.some_of(*most, count, cursor_)) {
    move(market, *least, now, orders);
  }
}

}  // namespace kd
