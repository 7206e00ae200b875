#include "connection/id_table.h"

#include <algorithm>
#include <utility>

namespace kd {

std::size_t IdTable::slot_of(Id id) const {
  auto slot = home(id);
  while (keys_[slot] != id && keys_[slot] != Interner::kNone)
    slot = (slot + 1) & (keys_.size() - 1);
  return slot;
}

void IdTable::set(Id id, std::uint8_t value) {
  constexpr std::size_t kSmallest = 16;
  if (value != 0 && (size_ + 1) * 4 > keys_.size() * 3) {
    resize(std::max(kSmallest, keys_.size() * 2));
  }
  if (keys_.empty()) return;
  const auto slot = slot_of(id);
  const bool known = keys_[slot] == id;
  if (value == 0) {
    if (known) erase(slot);
    return;
  }
  keys_[slot] = id;
  values_[slot] = value;
  size_ += known ? 0 : 1;
}

void IdTable::clear() {
  keys_ = {};
  values_ = {};
  size_ = 0;
}

// Closes the hole by moving back what would not be found behind it.
void IdTable::erase(std::size_t hole) {
  const auto mask = keys_.size() - 1;
  for (auto next = (hole + 1) & mask; keys_[next] != Interner::kNone; next = (next + 1) & mask) {
    const auto way = (next - home(keys_[next])) & mask;
    if (way < ((next - hole) & mask)) continue;
    keys_[hole] = keys_[next];
    values_[hole] = values_[next];
    hole = next;
  }
  keys_[hole] = Interner::kNone;
  --size_;
}

void IdTable::resize(std::size_t slots) {
  const auto keys = std::exchange(keys_, std::vector<Id>(slots, Interner::kNone));
  const auto values = std::exchange(values_, std::vector<std::uint8_t>(slots));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == Interner::kNone) continue;
    const auto slot = slot_of(keys[i]);
    keys_[slot] = keys[i];
    values_[slot] = values[i];
  }
}

}  // namespace kd
