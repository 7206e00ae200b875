#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace kd {

// An array by small numbers (an Interner's) that grows a page at a time: no element ever moves,
// and growing never needs room for both the old and the new. A value that was never touched is
// T{}. Confined to one thread.
template <typename T>
class PagedArray {
 public:
  T& at(std::size_t index) {
    const auto page = index / kPage;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>();
    return (*pages_[page])[index % kPage];
  }
  // Null where nothing near was ever touched.
  const T* find(std::size_t index) const {
    const auto page = index / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    return &(*pages_[page])[index % kPage];
  }
  T* find(std::size_t index) { return const_cast<T*>(std::as_const(*this).find(index)); }
  // One more than the greatest index that may have been touched.
  std::size_t end_index() const { return pages_.size() * kPage; }
  std::size_t bytes() const {
    std::size_t pages = 0;
    for (const auto& page : pages_) pages += page != nullptr ? 1U : 0U;
    return pages * sizeof(Page) + pages_.capacity() * sizeof(void*);
  }

 private:
  static constexpr std::size_t kPage = 4096;
  using Page = std::array<T, kPage>;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace kd
