#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "book/timeline.h"

namespace kd {

// Books that were found right, so that the next look at their markets starts there: those used
// last, as many as fit. Confined to one thread.
class KnownBooks {
 public:
  struct Entry {
    std::string ticker;
    KnownBook known;  // `since` and `at` are the instant at which it was found right
    std::optional<std::int64_t> last_full;  // when a REST book was last stored in full, µs
  };

  explicit KnownBooks(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // nullptr: not known. Valid until the next put() or erase().
  const Entry* find(const std::string& ticker) const;
  void put(Entry entry);
  void erase(const std::string& ticker);
  void clear();

  std::size_t size() const { return index_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  static std::size_t bytes_of(const Entry& entry);
  void drop(std::list<Entry>::iterator entry);

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // put last first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace kd
