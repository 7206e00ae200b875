#include "sim/tape_filter.h"

#include <utility>

namespace kd::sim {

namespace {

// Twins of a message arrive much closer to each other.
constexpr std::int64_t kSpanUs = 15'000'000;

}  // namespace

bool TapeFilter::admits(const FrameReader::Line& line, std::uint64_t digest,
                        std::uint64_t connection, std::int64_t wall_us) {
  if (!line.kind) return false;
  if (*line.kind != FeedKind::kDelta && *line.kind != FeedKind::kSnapshot) {
    return is_new(digest, connection, wall_us);
  }
  const std::string market(line.market_ticker);
  if (*line.kind == FeedKind::kSnapshot) owner_[market] = connection;
  const auto owner = owner_.find(market);
  return owner != owner_.end() && owner->second == connection;
}

int TapeFilter::count(std::unordered_map<std::uint64_t, int> Seen::* map, std::uint64_t key) const {
  int total = 0;
  for (const Seen& seen : seen_) {
    const auto at = (seen.*map).find(key);
    if (at != (seen.*map).end()) total += at->second;
  }
  return total;
}

bool TapeFilter::is_new(std::uint64_t digest, std::uint64_t connection, std::int64_t wall_us) {
  if (wall_us / kSpanUs > span_) {
    span_ = wall_us / kSpanUs;
    seen_[1] = std::exchange(seen_[0], {});
  }
  const std::uint64_t own = digest ^ ((connection + 1) * 0x9e3779b97f4a7c15);
  ++seen_[0].by_connection[own];
  if (count(&Seen::by_connection, own) <= count(&Seen::played, digest)) return false;
  ++seen_[0].played[digest];
  return true;
}

}  // namespace kd::sim
