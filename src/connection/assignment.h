#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  // The connection that had it.
  std::optional<std::size_t> remove(const std::string& ticker);

  std::size_t load(std::size_t connection) const { return loads_[connection]; }
  std::size_t unplaced() const { return unplaced_; }

 private:
  const std::size_t most_;
  const std::string seed_;
  std::vector<std::size_t> loads_;
  std::unordered_map<std::string, std::size_t> placed_;
  std::size_t unplaced_ = 0;
};

}  // namespace kd
