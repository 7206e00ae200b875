#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace kd {

// Gives each distinct string a small number, 0, 1, 2 … in order of first appearance, and keeps
// one copy of it. Open addressing over one array of text: about 40 bytes a ticker, one cache miss
// a look-up, no allocation once grown. Confined to one thread.
//
// When not to use it: where strings also have to be forgotten.
class StringIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::uint32_t find_or_add(std::string_view text);
  std::uint32_t find(std::string_view text) const;  // kNone when never added
  std::string_view name(std::uint32_t index) const;
  std::uint32_t size() const { return static_cast<std::uint32_t>(starts_.size()); }

 private:
  std::size_t slot_of(std::string_view text) const;  // where it is, or where it would go
  void grow();

  std::vector<char> text_;
  std::vector<std::uint64_t> starts_;  // offset of each name; the next one's start is its end
  std::vector<std::uint32_t> slots_;   // kNone: free; the size is a power of two
};

}  // namespace kd
