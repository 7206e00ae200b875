#include "base/interner.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace kd {

Interner::~Interner() {
  for (auto& page : pages_) delete page.load(std::memory_order_relaxed);
}

Interner::Id Interner::intern(std::string_view text) {
  const MutexLock lock(mutex_);
  const auto id = size_.load(std::memory_order_relaxed);
  if (id * 4 >= slots_.size() * 3) grow();
  const auto slot = slot_of(text);
  if (slots_[slot] != kNone) return slots_[slot];
  KD_CHECK(id < kPage * kPages);
  auto& page = pages_[id / kPage];
  if (page.load(std::memory_order_relaxed) == nullptr) page.store(new Page);
  (*page.load(std::memory_order_relaxed))[id % kPage] = keep(text);
  slots_[slot] = static_cast<Id>(id);
  size_.store(id + 1, std::memory_order_release);
  return static_cast<Id>(id);
}

Interner::Id Interner::find(std::string_view text) const {
  const MutexLock lock(mutex_);
  return slots_.empty() ? kNone : slots_[slot_of(text)];
}

std::string_view Interner::name(Id id) const {
  return (*pages_[id / kPage].load(std::memory_order_acquire))[id % kPage];
}

std::size_t Interner::bytes() const {
  const MutexLock lock(mutex_);
  const auto pages = (size() + kPage - 1) / kPage;
  return sizeof(*this) + slots_.capacity() * sizeof(Id) + chunks_.size() * kChunk +
         pages * sizeof(Page);
}

std::size_t Interner::slot_of(std::string_view text) const {
  const auto mask = slots_.size() - 1;
  auto slot = std::hash<std::string_view>{}(text)&mask;
  while (slots_[slot] != kNone && name(slots_[slot]) != text) slot = (slot + 1) & mask;
  return slot;
}

void Interner::grow() {
  constexpr std::size_t kSmallest = 64;
  slots_.assign(std::max(kSmallest, slots_.size() * 2), kNone);
  const auto count = static_cast<Id>(size_.load(std::memory_order_relaxed));
  for (Id id = 0; id < count; ++id) slots_[slot_of(name(id))] = id;
}

std::string_view Interner::keep(std::string_view text) {
  if (chunk_used_ + text.size() > kChunk) {
    chunks_.push_back(std::make_unique<char[]>(std::max(kChunk, text.size())));
    chunk_used_ = 0;
  }
  char* const at = chunks_.back().get() + chunk_used_;
  std::copy(text.begin(), text.end(), at);
  chunk_used_ += text.size();
  return {at, text.size()};
}

}  // namespace kd
