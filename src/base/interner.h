#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace kd {

// Gives each distinct string a small number, 0, 1, 2 … in order of first appearance, for all
// threads of a process; texts never move, so a view from name() is valid as long as this lives.
// About 50 bytes beside the text; nothing is ever forgotten. Any thread.
//
// When not to use it: on a path of one thread only, where StringIndex needs no lock.
class Interner {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;

  Interner() = default;
  ~Interner();
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;

  Id intern(std::string_view text);
  Id find(std::string_view text) const;  // kNone when never interned
  // Without a lock. `id` came from intern() or find().
  std::string_view name(Id id) const;
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  std::size_t bytes() const;  // of memory

 private:
  static constexpr std::size_t kPage = 4096;      // names
  static constexpr std::size_t kPages = 16384;    // 67 million names
  static constexpr std::size_t kChunk = 1 << 16;  // bytes of text
  using Page = std::array<std::string_view, kPage>;

  std::size_t slot_of(std::string_view text) const KD_REQUIRES(mutex_);
  void grow() KD_REQUIRES(mutex_);
  std::string_view keep(std::string_view text) KD_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<Id> slots_ KD_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<char[]>> chunks_ KD_GUARDED_BY(mutex_);
  std::size_t chunk_used_ KD_GUARDED_BY(mutex_) = kChunk;
  std::array<std::atomic<Page*>, kPages> pages_{};
  std::atomic<std::size_t> size_{0};
};

}  // namespace kd
