#include "connection/assignment.h"

#include <functional>

namespace kd {

Assignment::Assignment(std::size_t connections, std::size_t most_per_connection, std::string seed)
    : seed_(std::move(seed)), most_(connections, most_per_connection), loads_(connections, 0) {}

std::optional<std::size_t> Assignment::add(const std::string& ticker) {
  if (placed_.contains(ticker)) return std::nullopt;
  const auto start = std::hash<std::string>{}(seed_ + ticker);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    const auto candidate = (start + i) % loads_.size();
    if (loads_[candidate] >= most_[candidate]) continue;
    if (!best || loads_[candidate] < loads_[*best]) best = candidate;
  }
  if (!best) {
    unplaced_.push_back(ticker);
    return std::nullopt;
  }
  ++loads_[*best];
  placed_.emplace(ticker, *best);
  return best;
}

std::optional<std::size_t> Assignment::remove(const std::string& ticker) {
  const auto placed = placed_.find(ticker);
  if (placed == placed_.end()) {
    std::erase(unplaced_, ticker);
    return std::nullopt;
  }
  const auto connection = placed->second;
  --loads_[connection];
  placed_.erase(placed);
  return connection;
}

}  // namespace kd
