#include "audit/snapshot_tally.h"

#include <algorithm>

namespace kd {
namespace {

constexpr int kMostClients = 64;

bool sent_to(std::uint64_t clients, int bit) { return ((clients >> bit) & 1U) != 0; }

int sent_count(const std::vector<std::uint64_t>& emitted, int bit) {
  return static_cast<int>(std::count_if(emitted.begin(), emitted.end(), [&](std::uint64_t clients) {
    return sent_to(clients, bit);
  }));
}

template <typename Map>
int count_of(const Map& counts, int bit) {
  const auto found = counts.find(bit);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

void SnapshotTally::emit(const Moment& moment, std::uint64_t clients) {
  auto& counts = moments_[moment];
  counts.emitted.push_back(clients);
  counts.doubted.push_back(0);
  counts.withheld.push_back(false);
}

void SnapshotTally::withhold(const Moment& moment, std::size_t index, int client_bit, Doubt doubt) {
  auto& counts = moments_[moment];
  if (index >= counts.emitted.size()) return;
  const auto bit = std::uint64_t{1} << client_bit;
  if (doubt == Doubt::kMaybe) {
    counts.doubted[index] |= bit;
  } else {
    counts.emitted[index] &= ~bit;
    counts.withheld[index] = true;
  }
}

void SnapshotTally::answer(const Moment& moment, int client_bit) {
  ++moments_[moment].answered[client_bit];
  ++answered_;
}

void SnapshotTally::begin_source() {
  for (auto& [moment, counts] : moments_) counts.seen.clear();
  excess_ = 0;
}

bool SnapshotTally::see(const Moment& moment, int client_bit) {
  const auto found = moments_.find(moment);
  if (found != moments_.end() && client_bit >= 0) {
    auto& counts = found->second;
    const int sent = sent_count(counts.emitted, client_bit) + count_of(counts.answered, client_bit);
    if (++counts.seen[client_bit] <= sent) return true;
  }
  ++excess_;
  return false;
}

// The rows of one client and moment are alike, so its first rows stand for its first snapshots.
bool SnapshotTally::has(const Counts& counts, std::size_t index, int client_bit) {
  if (!sent_to(counts.emitted[index], client_bit)) return false;
  const auto end = counts.emitted.begin() + static_cast<std::ptrdiff_t>(index) + 1;
  return count_of(counts.seen, client_bit) >= sent_count({counts.emitted.begin(), end}, client_bit);
}

bool SnapshotTally::is_doubted_by_all(const Counts& counts, std::size_t index) {
  return (counts.emitted[index] & ~counts.doubted[index]) == 0;
}

bool SnapshotTally::in_production(const Counts& counts, std::size_t index) {
  for (int bit = 0; bit < kMostClients; ++bit) {
    if (has(counts, index, bit)) return true;
  }
  return false;
}

std::int64_t SnapshotTally::matched(int client_bit) const {
  std::int64_t found = 0;
  for (const auto& [moment, counts] : moments_) {
    for (std::size_t i = 0; i < counts.emitted.size(); ++i) found += has(counts, i, client_bit);
  }
  return found;
}

std::int64_t SnapshotTally::answered_and_seen() const {
  std::int64_t found = 0;
  for (const auto& [moment, counts] : moments_) {
    for (const auto& [bit, answers] : counts.answered) {
      const int beyond = count_of(counts.seen, bit) - sent_count(counts.emitted, bit);
      found += std::clamp(beyond, 0, answers);
    }
  }
  return found;
}

TableAudit SnapshotTally::result() const {
  TableAudit audit;
  for (const auto& [moment, counts] : moments_) {
    for (std::size_t i = 0; i < counts.emitted.size(); ++i) {
      ++audit.emitted;
      ++(counts.emitted[i] == 0         ? counts.withheld[i] ? audit.withheld : audit.unwatched
         : in_production(counts, i)     ? audit.merged
         : is_doubted_by_all(counts, i) ? audit.uncertain
                                        : audit.missing);
    }
  }
  audit.doubled = excess_;
  return audit;
}

std::vector<SnapshotTally::Moment> SnapshotTally::missing(std::size_t most) const {
  std::vector<Moment> out;
  for (const auto& [moment, counts] : moments_) {
    for (std::size_t i = 0; i < counts.emitted.size() && out.size() < most; ++i) {
      const bool sure = counts.emitted[i] != 0 && !is_doubted_by_all(counts, i);
      if (sure && !in_production(counts, i)) out.push_back(moment);
    }
  }
  return out;
}

}  // namespace kd
