#include "audit/tally.h"

#include <algorithm>

namespace kd {

void MultisetTally::emit(const AuditKey& key, bool watched) {
  auto& counts = counts_[key];
  ++counts.emitted;
  if (watched) ++counts.watched;
}

void MultisetTally::begin_source() {
  for (auto& [key, counts] : counts_) counts.seen = 0;
  matched_ = 0;
  excess_ = 0;
}

bool MultisetTally::see(const AuditKey& key) {
  const auto found = counts_.find(key);
  if (found == counts_.end()) {
    ++excess_;
    return false;
  }
  auto& counts = found->second;
  ++(++counts.seen <= counts.emitted ? matched_ : excess_);
  return true;
}

bool MultisetTally::see_earlier(const AuditKey& key) {
  const auto found = counts_.find(key);
  if (found == counts_.end() || found->second.seen >= found->second.emitted) return true;
  return see(key);
}

TableAudit MultisetTally::result() const {
  TableAudit audit;
  for (const auto& [key, counts] : counts_) {
    const std::int64_t merged = std::min(counts.seen, counts.emitted);
    const auto missing = std::max<std::int64_t>(0, counts.watched - merged);
    const auto others = counts.emitted - merged - missing;
    const auto withheld = std::min<std::int64_t>(others, counts.withheld);
    const auto uncertain = std::min<std::int64_t>(others - withheld, counts.uncertain);
    audit.emitted += counts.emitted;
    audit.merged += merged;
    audit.missing += missing;
    audit.withheld += withheld;
    audit.uncertain += uncertain;
    audit.unwatched += others - withheld - uncertain;
  }
  audit.doubled = excess_;
  return audit;
}

void MultisetTally::withhold(const AuditKey& key, bool perhaps, bool counted_watched) {
  auto& counts = counts_[key];
  ++(perhaps ? counts.uncertain : counts.withheld);
  if (counted_watched) --counts.watched;
}

bool MultisetTally::misses(const AuditKey& key, std::int64_t occurrence) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.seen <= occurrence;
}

bool MultisetTally::lacks(const AuditKey& key) const {
  const auto found = counts_.find(key);
  return found != counts_.end() &&
         static_cast<std::int64_t>(found->second.seen) < found->second.watched;
}

}  // namespace kd
