#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd::sim {

// What can go wrong on purpose; each is explained in docs/kalshi-data/exchange-sim/README.md.
enum class FaultKind : std::uint8_t {
  kDrop,
  kFreeze,
  kHole,
  kDuplicate,
  kReorder,
  kUnknownType,
  kUnknownKey,
  kMalformed,
  kLostReply,
  kRefuseCommand,
  kNoSnapshot,
  kLateSnapshot,
  kDark,
  kSilent,
  kNoPings,
  kHalfOpen,
  kSlowRead,
  kFragment,
  kFlipLeg,
  kTsMicros,
  kTsMillis,
  kReset,
  kCut,
  kClose,
  kEndSid,
  kSlowAccept,
  kRefuse,
  kRest,
  kMaintenance,
  kVanish,
  kClockSkew,
};

// What a kind strikes, and so what a chance of it is.
enum class FaultReach : std::uint8_t {
  kFrame,       // a frame of market data on its way to one subscription
  kCommand,     // a command
  kNewMarket,   // the first snapshot of a market on a subscription
  kConnection,  // holds as long as the fault does; one chance per connection
  kBlow,        // at once; one chance per connection and round
  kUpgrade,     // an attempt to connect
  kRequest,     // a REST request
  kExchange,    // all of it, as long as the fault lasts
};

struct FaultKindFacts {
  FaultKind kind;
  std::string_view name;  // as in a spec
  FaultReach reach;
  // The kind's own number: its key in a spec (empty: it has none), default and range.
  std::string_view amount_key;
  std::int64_t amount, least, most;
  bool amount_is_duration;   // in milliseconds
  std::string_view manners;  // of `how`, separated by '|', the first is the default; empty: none
};
std::span<const FaultKindFacts> fault_kinds();
const FaultKindFacts& facts_of(FaultKind kind);

// One fault as ordered: "drop,p=0.001,client=gatherer-1,channel=orderbook_delta". A value.
struct FaultSpec {
  std::string text;  // as ordered
  FaultKind kind{};
  double probability = 1;     // p: of each chance
  std::int64_t count = 0;     // it ends after so many strikes; 0: no bound
  std::int64_t after_ms = 0;  // after: it begins so much later
  std::int64_t for_ms = 0;    // for: it ends so long after it began; 0: only by count or DELETE
  std::int64_t every_ms = 0;  // every: blows come again after this time; 0: one round only
  std::int64_t amount = 0;    // the kind's own number
  std::string how;            // the kind's manner
  bool open_only = false;     // new=no: spares connections opened after it began

  // Filters; empty or 0: any.
  std::string client;
  int connection = 0;  // of the client: 1 for the first it opened, 2 …
  std::string channel, market, path;
};

// The error tells which part is wrong and what it may be.
Expected<FaultSpec> parse_fault(std::string_view text);

}  // namespace kd::sim
