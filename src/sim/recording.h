#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/expected.h"

namespace kd::sim {

// What one pass over a recording found out. Times are the recorder's, in milliseconds.
//
// Of a tape, which is one window:
//     <gatherer>-<start>-<n>.kdtape                 docs/kalshi-data/tape/README.md
// Of a recording:
//     events/<market ticker>/<UTC date>.ndjson.gz   {"recv_ms": …, "event": {…}} per line
//     metadata/<event ticker>.json                  the REST answer for the event
struct RecordedMarket {
  std::string id;  // "" when no frame tells
  std::int64_t first_recv_ms = 0;
  std::int64_t last_recv_ms = 0;
  bool has_created = false, has_determined = false, has_settled = false;  // frames of its own
};

struct RecordedWindow {
  std::string name;                // the folder's
  std::vector<std::string> files;  // in the order to play
  bool is_tape = false;            // they are a gatherer's segments
  std::int64_t first_recv_ms = 0;  // of the first line
  std::int64_t last_recv_ms = 0;   // the largest
  std::map<std::string, RecordedMarket> markets;
};

struct Recording {
  std::string dir;
  std::vector<RecordedWindow> windows;
  std::uint64_t frames = 0;
  std::map<std::string, std::uint64_t> not_played;  // frames by type or by what is wrong
};

// Reads everything once, so that a half-written recording is refused before anybody connects. The
// error names file and line and says what to do.
Expected<Recording> scan_recording(const std::string& dir);

}  // namespace kd::sim
