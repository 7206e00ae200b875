#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace kd {

// When something was last heard of each of many small numbers, to a second. Noting one costs a
// relaxed store. Four bytes a number, in pages made on first use. Any thread.
class LastHeard {
 public:
  LastHeard() = default;
  ~LastHeard() {
    for (auto& page : pages_) delete page.load(std::memory_order_relaxed);
  }
  LastHeard(const LastHeard&) = delete;
  LastHeard& operator=(const LastHeard&) = delete;

  void note(std::uint32_t number, Micros at) {
    if (auto* const page = page_of(number)) {
      (*page)[number % kPage].store(seconds(at), std::memory_order_relaxed);
    }
  }
  bool since(std::uint32_t number, Micros at) const {
    if (number / kPage >= kPages) return false;
    const auto* page = pages_[number / kPage].load(std::memory_order_acquire);
    if (page == nullptr) return false;
    const auto heard = (*page)[number % kPage].load(std::memory_order_relaxed);
    return heard != 0 && heard >= seconds(at);
  }

 private:
  static constexpr std::size_t kPage = 1 << 14;
  static constexpr std::size_t kPages = 1 << 12;  // 67 million numbers
  using Page = std::array<std::atomic<std::uint32_t>, kPage>;

  static std::uint32_t seconds(Micros at) {
    return static_cast<std::uint32_t>(to_us(at) / 1'000'000);
  }
  Page* page_of(std::uint32_t number) {
    if (number / kPage >= kPages) return nullptr;
    auto& slot = pages_[number / kPage];
    auto* page = slot.load(std::memory_order_acquire);
    if (page != nullptr) return page;
    auto* made = new Page{};
    if (slot.compare_exchange_strong(page, made, std::memory_order_acq_rel)) return made;
    delete made;  // another thread was first
    return page;
  }

  std::array<std::atomic<Page*>, kPages> pages_{};
};

}  // namespace kd
