#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/interner.h"

namespace kd {

// One byte for each of some interned ids, by open addressing: 7 to 13 bytes per id. A byte of 0
// is the same as none. Confined to one thread.
class IdTable {
 public:
  using Id = Interner::Id;

  std::uint8_t get(Id id) const {
    if (size_ == 0) return 0;
    const auto slot = slot_of(id);
    return keys_[slot] == id ? values_[slot] : 0;
  }
  void set(Id id, std::uint8_t value);
  void clear();

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return keys_.capacity() * sizeof(Id) + values_.capacity(); }

  // Calls with (id, value) of every entry. The table must not be changed meanwhile.
  template <typename Visit>
  void each(Visit visit) const {
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != Interner::kNone) visit(keys_[slot], values_[slot]);
    }
  }
  // The next id for which `suits(value)` holds, around and around; kNone when there is none.
  // `cursor` belongs to the caller and may be anything.
  template <typename Suits>
  Id next(std::size_t& cursor, Suits suits) const {
    for (std::size_t tried = 0; tried < keys_.size(); ++tried) {
      cursor = cursor + 1 < keys_.size() ? cursor + 1 : 0;
      if (keys_[cursor] != Interner::kNone && suits(values_[cursor])) return keys_[cursor];
    }
    return Interner::kNone;
  }

 private:
  std::size_t home(Id id) const { return (id * 0x9E3779B1U) & (keys_.size() - 1); }
  // Where it is, or the free slot where it would be.
  std::size_t slot_of(Id id) const;
  void erase(std::size_t slot);
  void resize(std::size_t slots);

  std::vector<Id> keys_;
  std::vector<std::uint8_t> values_;
  std::size_t size_ = 0;
};

}  // namespace kd
