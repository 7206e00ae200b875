#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "audit/key.h"

namespace kd {

// How many rows of one table were emitted and what became of them; all in rows.
struct TableAudit {
  std::int64_t emitted = 0;
  std::int64_t merged = 0;     // emitted and in production
  std::int64_t missing = 0;    // sent to at least one gatherer and not in production
  std::int64_t unwatched = 0;  // emitted while no gatherer was subscribed
  std::int64_t withheld = 0;   // faults kept it from every gatherer; not in production
  std::int64_t uncertain = 0;  // nobody knows whether a gatherer got it; not in production
  std::int64_t doubled = 0;    // in production more often than emitted, or never emitted
  std::map<std::string, std::int64_t> captured;  // by gatherer: emitted and in its database
};

// Compares what was emitted with what sources hold, by key and multiplicity. First emit()
// everything; then per source begin_source() and see() every row; production comes last.
// Confined to one thread. About 64 bytes a key.
class MultisetTally {
 public:
  void emit(const AuditKey& key, bool watched);

  // One of those emitted was in fact withheld from all, or perhaps. `counted_watched`: emit() took
  // it, or will take it, for watched.
  void withhold(const AuditKey& key, bool perhaps, bool counted_watched);

  void begin_source();
  // False when the row was never emitted.
  bool see(const AuditKey& key);
  // A row from before: it may stand for one that was emitted, and is nobody's fault otherwise.
  bool see_earlier(const AuditKey& key);
  std::int64_t matched() const { return matched_; }  // rows of this source that were emitted

  // The figures of the last source, which must be production.
  TableAudit result() const;
  // Whether the last source holds fewer rows of that key than make up the one that was emitted as
  // its `occurrence`-th, counted from 0.
  bool misses(const AuditKey& key, std::int64_t occurrence) const;
  // Whether production holds fewer rows of that key than were watched.
  bool lacks(const AuditKey& key) const;

 private:
  struct Counts {
    std::uint32_t emitted = 0;
    std::int32_t watched = 0;  // below 0 for a moment, where the loss is told first
    std::uint32_t seen = 0;
    std::uint32_t withheld = 0;
    std::uint32_t uncertain = 0;
  };

  std::unordered_map<AuditKey, Counts, AuditKeyHash> counts_;
  std::int64_t matched_ = 0;
  std::int64_t excess_ = 0;
};

}  // namespace kd
