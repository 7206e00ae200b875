#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sim/frame_reader.h"

namespace kd::sim {

// What of a tape happened once on the exchange. A gatherer receives trades, tickers and lifecycle
// events over two sockets, and for a while a book over two when it moves from one to another.
//
// A book is played from the connection that sent its latest snapshot: in one stream's order it is
// exact. Of the rest the union by multiplicity: as many equal messages as one connection had.
// Confined to one thread.
class TapeFilter {
 public:
  // `digest`: of the message's content. `wall_us` does not decrease by more than seconds.
  bool admits(const FrameReader::Line& line, std::uint64_t digest, std::uint64_t connection,
              std::int64_t wall_us);

 private:
  struct Seen {
    std::unordered_map<std::uint64_t, int> played;         // by digest
    std::unordered_map<std::uint64_t, int> by_connection;  // by digest and connection
  };
  bool is_new(std::uint64_t digest, std::uint64_t connection, std::int64_t wall_us);
  int count(std::unordered_map<std::uint64_t, int> Seen::* map, std::uint64_t key) const;

  std::unordered_map<std::string, std::uint64_t> owner_;  // of a market's book
  std::array<Seen, 2> seen_;  // of this span of time, and of the one before
  std::int64_t span_ = 0;
};

}  // namespace kd::sim
