#include "connection/handover.h"

namespace kd {

template <typename Suits>
std::vector<Handover::Move> Handover::take_if(Suits suits) {
  std::vector<Move> taken;
  for (auto at = moves_.begin(); at != moves_.end();) {
    if (suits(at->second)) {
      taken.push_back(at->second.move);
      at = moves_.erase(at);
    } else {
      ++at;
    }
  }
  return taken;
}

std::optional<Handover::Move> Handover::cancel(Id market) {
  const auto at = moves_.find(market);
  if (at == moves_.end()) return std::nullopt;
  const auto move = at->second.move;
  moves_.erase(at);
  return move;
}

void Handover::based(Id market, std::size_t connection, Time now) {
  const auto at = moves_.find(market);
  if (at == moves_.end() || at->second.move.to != connection || at->second.based) return;
  at->second.based = now;
}

void Handover::base_lost(std::size_t connection) {
  for (auto& [market, entry] : moves_) {
    if (entry.move.to == connection) entry.based.reset();
  }
}

std::vector<Handover::Move> Handover::take_leaving(std::size_t connection) {
  return take_if([&](const Entry& entry) { return entry.move.from == connection; });
}

std::vector<Handover::Move> Handover::take_done(Time now) {
  return take_if(
      [&](const Entry& entry) { return entry.based && now - *entry.based >= options_.overlap; });
}

std::vector<Handover::Move> Handover::take_stuck(Time now) {
  return take_if(
      [&](const Entry& entry) { return !entry.based && now - entry.begun >= options_.patience; });
}

}  // namespace kd
