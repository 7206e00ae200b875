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
    kWithheld,          // W: a frame that one client did not get, or may not have got
    kEnd,               // E: the file is complete
  };

  // How sure it is that a client did not get a frame.
  enum class Loss {
    kUnsent,  // the frame's own line does not count the client
    kLost,    // it does, and this takes it back
    kMaybe,   // it does; nobody knows
  };

  Kind kind = Kind::kEnd;
  std::int64_t at_ms = 0;             // D T K: exchange time; S A L: sending time; W: its frame's
  std::optional<std::int64_t> at_us;  // D: the finer stamp, where one was sent
  std::string_view ticker;
  // C: client id; D: "yes"/"no"; T: trade id; K: content; L: event type; W: what tells the frame
  // from others of its ticker and time, D: side,price,size,occurrence; T: id,price,size; S: index
  std::string_view text;
  std::int64_t price = 0;       // D T: 1e-5 dollar
  std::int64_t size = 0;        // D T: hundredths of a contract, signed in D
  std::int64_t occurrence = 0;  // D: among equals
  std::uint64_t clients = 0;    // bit per client to which it was sent; 0: nobody watched
  int client_bit = 0;           // C A W
  // W: `clients` got the frame, `maybe` may have, when this is taken into account.
  Kind of = Kind::kEnd;  // of the frame
  Loss loss = Loss::kUnsent;
  std::uint64_t maybe = 0;
  std::string_view fault;
};

// The error names the field.
Expected<TruthRecord> parse_truth_line(std::string_view line);

// Calls `handle` for every record but the last, which must be kEnd. The error names the line.
Expected<void> read_truth(const std::string& path,
                          const std::function<void(const TruthRecord&)>& handle);

}  // namespace kd
