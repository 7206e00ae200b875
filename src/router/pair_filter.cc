#include "router/pair_filter.h"

#include <cstring>
#include <functional>
#include <utility>

namespace kd {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

}  // namespace

bool PairFilter::first(const Trade& trade, Micros received) {
  Key key;
  const auto bytes = trade.trade_id.view();
  std::memcpy(&key.high, bytes.data(), sizeof key.high);
  std::memcpy(&key.low, bytes.data() + sizeof key.high, sizeof key.low);
  return first(key, received);
}

bool PairFilter::first(const TickerUpdate& ticker, std::int64_t content_hash,
                       std::int16_t occurrence, Micros received) {
  const auto at = mix(static_cast<std::uint64_t>(to_us(ticker.time.at)) +
                      static_cast<std::uint64_t>(occurrence));
  return first({.high = static_cast<std::uint64_t>(content_hash) ^ at,
                .low = mix(std::hash<std::string_view>{}(ticker.ticker)) + at},
               received);
}

bool PairFilter::first(Key key, Micros received) {
  if (key == Key{}) key.low = 1;
  if (received - began_ > kWindow || current_.used >= kMost) {
    std::swap(previous_, current_);
    current_.slots.assign(current_.slots.size(), {});
    current_.used = 0;
    began_ = received;
  }
  if (current_.contains(key) || previous_.contains(key)) return false;
  current_.insert(key);
  return true;
}

std::size_t PairFilter::slot_of(const std::vector<Key>& slots, const Key& key) {
  const auto mask = slots.size() - 1;
  auto slot = mix(key.high ^ key.low) & mask;
  while (slots[slot] != Key{} && slots[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

bool PairFilter::Generation::contains(const Key& key) const {
  return !slots.empty() && slots[slot_of(slots, key)] == key;
}

void PairFilter::Generation::insert(const Key& key) {
  if (used * 4 >= slots.size() * 3) grow();
  slots[slot_of(slots, key)] = key;
  ++used;
}

void PairFilter::Generation::grow() {
  constexpr std::size_t kSmallest = 1024;
  const auto old = std::exchange(slots, {});
  slots.resize(old.empty() ? kSmallest : old.size() * 2);
  for (const auto& key : old) {
    if (key != Key{}) slots[slot_of(slots, key)] = key;
  }
}

}  // namespace kd
