#include "connection/assignment.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace kd {
namespace {

// Spreads neighbouring numbers over all 64 bits.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace

Assignment::Assignment(std::size_t connections, std::size_t most_per_connection,
                       const std::string& seed)
    : seed_(std::hash<std::string>{}(seed)),
      default_most_(most_per_connection),
      most_(connections, most_per_connection),
      loads_(connections, 0),
      position_(connections, 0) {
  KD_CHECK(connections <= 32'000);
  for (std::size_t i = 0; i < connections; ++i) enter(i);
}

std::optional<std::size_t> Assignment::add(Id market) {
  auto& at = place(market);
  if (at >= 0) return std::nullopt;
  if (open_.empty()) {
    if (at == kNowhere) {
      at = kUnplaced;
      unplaced_.push_back(market);
      ++unplaced_count_;
    }
    return std::nullopt;
  }
  if (at == kUnplaced) --unplaced_count_;
  const auto& least = open_.begin()->second;
  const auto connection = least[mix(seed_ + market) % least.size()];
  at = static_cast<std::int16_t>(connection);
  ++placed_;
  change_load(connection, 1);
  return connection;
}

std::optional<std::size_t> Assignment::remove(Id market) {
  auto& at = place(market);
  const auto old = std::exchange(at, kNowhere);
  if (old == kUnplaced) forget_unplaced();
  if (old < 0) return std::nullopt;
  const auto connection = static_cast<std::size_t>(old);
  --placed_;
  change_load(connection, -1);
  return connection;
}

void Assignment::move(Id market, std::size_t to) {
  auto& at = place(market);
  KD_CHECK(at >= 0);
  change_load(static_cast<std::size_t>(at), -1);
  at = static_cast<std::int16_t>(to);
  change_load(to, 1);
}

std::optional<std::size_t> Assignment::best(Id market, std::size_t not_this) const {
  for (const auto& [load, list] : open_) {
    const auto start = mix(seed_ + market) % list.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto connection = list[(start + i) % list.size()];
      if (connection != not_this) return connection;
    }
  }
  return std::nullopt;
}

void Assignment::cap(std::size_t connection, std::size_t most) {
  leave(connection);
  most_[connection] = most;
  enter(connection);
}

std::optional<std::size_t> Assignment::where(Id market) const {
  if (market >= places_.size() || places_[market] < 0) return std::nullopt;
  return static_cast<std::size_t>(places_[market]);
}

template <typename Suits>
std::vector<Assignment::Id> Assignment::pick(std::size_t count, Id& cursor, Suits suits) const {
  std::vector<Id> some;
  for (std::size_t seen = 0; seen < places_.size() && some.size() < count; ++seen) {
    cursor = cursor + 1 < places_.size() ? cursor + 1 : 0;
    if (suits(places_[cursor])) some.push_back(cursor);
  }
  return some;
}

std::vector<Assignment::Id> Assignment::some_of(std::size_t connection, std::size_t count,
                                                Id& cursor) const {
  return pick(count, cursor,
              [&](std::int16_t at) { return at == static_cast<std::int16_t>(connection); });
}

std::vector<Assignment::Id> Assignment::some(std::size_t count, Id& cursor) const {
  return pick(count, cursor, [](std::int16_t at) { return at >= 0; });
}

std::vector<Assignment::Id> Assignment::all_of(std::size_t connection) const {
  Id cursor = 0;
  return some_of(connection, loads_[connection], cursor);
}

std::vector<Assignment::Id> Assignment::take_unplaced(std::size_t most) {
  std::vector<Id> waiting;
  while (!unplaced_.empty() && waiting.size() < most) {
    const auto market = unplaced_.back();
    unplaced_.pop_back();
    if (places_[market] != kUnplaced) continue;
    places_[market] = kNowhere;
    --unplaced_count_;
    waiting.push_back(market);
  }
  return waiting;
}

// The list keeps what it names until it is mostly wrong.
void Assignment::forget_unplaced() {
  constexpr std::size_t kSmall = 64;
  --unplaced_count_;
  if (unplaced_.size() <= 2 * unplaced_count_ + kSmall) return;
  std::ranges::sort(unplaced_);
  const auto [first, last] = std::ranges::unique(unplaced_);
  unplaced_.erase(first, last);
  std::erase_if(unplaced_, [&](Id market) { return places_[market] != kUnplaced; });
}

std::size_t Assignment::room() const {
  std::size_t room = 0;
  for (const auto& [load, list] : open_) {
    for (const auto connection : list) room += most_[connection] - load;
  }
  return room;
}

std::size_t Assignment::bytes() const {
  return places_.capacity() * sizeof(places_[0]) + unplaced_.capacity() * sizeof(Id);
}

std::int16_t& Assignment::place(Id market) {
  if (market >= places_.size()) places_.resize(std::size_t{market} + 1, kNowhere);
  return places_[market];
}

void Assignment::change_load(std::size_t connection, int by) {
  leave(connection);
  loads_[connection] += static_cast<std::uint32_t>(by);
  enter(connection);
}

void Assignment::enter(std::size_t connection) {
  if (loads_[connection] >= most_[connection]) return;
  auto& list = open_[loads_[connection]];
  position_[connection] = list.size();
  list.push_back(connection);
}

void Assignment::leave(std::size_t connection) {
  if (loads_[connection] >= most_[connection]) return;
  const auto at = open_.find(loads_[connection]);
  auto& list = at->second;
  list[position_[connection]] = list.back();
  position_[list.back()] = position_[connection];
  list.pop_back();
  if (list.empty()) open_.erase(at);
}

}  // namespace kd
