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
    const auto merged = std::min(counts.seen, counts.emitted);
    const auto missing = counts.watched > merged ? counts.watched - merged : 0;
    audit.emitted += counts.emitted;
    audit.merged += merged;
    audit.missing += missing;
    audit.unwatched += counts.emitted - merged - missing;
  }
  audit.doubled = excess_;
  return audit;
}

bool MultisetTally::lacks(const AuditKey& key) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.seen < found->second.watched;
}

}  // namespace kd
