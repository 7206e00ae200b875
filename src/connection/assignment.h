#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kd {

// Which connection records which market: the least loaded one, ties drawn by a hash seeded with
// the gatherer's id, so that a bad socket never hits the same neighbours in all gatherers.
// Pure; not thread-safe.
class Assignment {
 public:
  Assignment(std::size_t connections, std::size_t most_per_connection, std::string seed);

  // The connection for a new market; nullopt when it has one already or all are full.
  std::optional<std::size_t> add(const std::string& ticker);
  // The connection that had it; nullopt when it had none.
  std::optional<std::size_t> remove(const std::string& ticker);
  // The connection turned out to hold no more than it has now.
  void cap(std::size_t connection) { most_[connection] = loads_[connection]; }

  std::size_t load(std::size_t connection) const { return loads_[connection]; }
  // Markets for which there was no room, each told once.
  std::vector<std::string> take_unplaced() { return std::exchange(unplaced_, {}); }
  std::size_t unplaced() const { return unplaced_.size(); }
  // All that were added and not removed.
  std::size_t wanted() const { return placed_.size() + unplaced_.size(); }

 private:
  const std::string seed_;
  std::vector<std::size_t> most_;
  std::vector<std::size_t> loads_;
  std::unordered_map<std::string, std::size_t> placed_;
  std::vector<std::string> unplaced_;
};

}  // namespace kd
