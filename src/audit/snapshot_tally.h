#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/tally.h"

namespace kd {

// The audit of order-book snapshots. Every gatherer keeps its own, so one is in production when
// any gatherer that it was sent to has it there. Those that answered a command are one client's
// business: expected where they are found, never missing. Confined to one thread.
class SnapshotTally {
 public:
  using Moment = std::pair<std::int64_t, std::string>;  // sending time in ms, ticker

  void emit(const Moment& moment, std::uint64_t clients);
  void answer(const Moment& moment, int client_bit);
  // The client did not get, or perhaps not, the `index`-th snapshot of a moment, which was emitted
  // before.
  enum class Doubt { kUnsent, kLost, kMaybe };
  void withhold(const Moment& moment, std::size_t index, int client_bit, Doubt doubt);

  void begin_source();
  // A row of the gatherer with that bit; -1: of none that was a client. False when nothing like it
  // was sent to it.
  bool see(const Moment& moment, int client_bit);
  std::int64_t matched(int client_bit) const;  // emitted snapshots that this gatherer has

  TableAudit result() const;
  std::int64_t answered() const { return answered_; }
  // Of those, the rows that the last source has from their client, beyond what it was sent anyway.
  std::int64_t answered_and_seen() const;
  std::vector<Moment> missing(std::size_t most) const;

 private:
  struct Counts {
    std::vector<std::uint64_t> emitted;  // the clients of each snapshot, in order
    std::vector<std::uint64_t> doubted;  // of those, the ones that may not have got it
    std::vector<bool> withheld;          // from some client
    std::map<int, int> answered;         // by client
    std::map<int, int> seen;             // by client
  };

  static bool has(const Counts& counts, std::size_t index, int client_bit);
  static bool in_production(const Counts& counts, std::size_t index);
  static bool is_doubted_by_all(const Counts& counts, std::size_t index);

  std::map<Moment, Counts> moments_;
  std::int64_t answered_ = 0;
  std::int64_t excess_ = 0;
};

}  // namespace kd
