#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// One line of the simulator's ground truth: what the exchange emitted, and to which clients.
// The format stands in docs/kalshi-data/exchange-sim. Views point into the line.
struct TruthRecord {
  enum class Kind {
    kClient,            // C: a client and its bit
    kDelta,             // D
    kTrade,             // T
    kSnapshot,          // S: sent by the exchange of its own accord
    kAnsweredSnapshot,  // A: the answer to one client's command
    kTicker,            // K
    kLifecycle,         // L
    kEnd,               // E: the file is complete
  };

  Kind kind = Kind::kEnd;
  std::int64_t at_ms = 0;             // D T K: exchange time; S A L: sending time
  std::optional<std::int64_t> at_us;  // D: the finer stamp, where one was sent
  std::string_view ticker;
  std::string_view text;      // C: client id; D: "yes"/"no"; T: trade id; K: content; L: event type
  std::int64_t price = 0;     // D T: 1e-5 dollar
  std::int64_t size = 0;      // D T: hundredths of a contract, signed in D
  std::uint64_t clients = 0;  // bit per client to which it was sent; 0: nobody watched
  int client_bit = 0;         // C A
};

// The error names the field.
Expected<TruthRecord> parse_truth_line(std::string_view line);

// Calls `handle` for every record but the last, which must be kEnd. The error names the line.
Expected<void> read_truth(const std::string& path,
                          const std::function<void(const TruthRecord&)>& handle);

}  // namespace kd
