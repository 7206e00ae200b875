#include "base/string_index.h"

#include <functional>

namespace kd {

std::uint32_t StringIndex::find_or_add(std::string_view text) {
  if (starts_.size() * 4 >= slots_.size() * 3) grow();
  const auto slot = slot_of(text);
  if (slots_[slot] != kNone) return slots_[slot];
  const auto index = size();
  starts_.push_back(text_.size());
  text_.insert(text_.end(), text.begin(), text.end());
  slots_[slot] = index;
  return index;
}

std::uint32_t StringIndex::find(std::string_view text) const {
  return slots_.empty() ? kNone : slots_[slot_of(text)];
}

std::string_view StringIndex::name(std::uint32_t index) const {
  const auto begin = starts_[index];
  const auto end = index + 1 < starts_.size() ? starts_[index + 1] : text_.size();
  return {text_.data() + begin, end - begin};
}

std::size_t StringIndex::slot_of(std::string_view text) const {
  const auto mask = slots_.size() - 1;
  auto slot = std::hash<std::string_view>{}(text)&mask;
  while (slots_[slot] != kNone && name(slots_[slot]) != text) slot = (slot + 1) & mask;
  return slot;
}

void StringIndex::grow() {
  constexpr std::size_t kSmallest = 16;
  slots_.assign(slots_.empty() ? kSmallest : slots_.size() * 2, kNone);
  for (std::uint32_t i = 0; i < size(); ++i) slots_[slot_of(name(i))] = i;
}

}  // namespace kd
