#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/expected.h"
#include "sim/feed_event.h"

namespace kd::sim {

// Writes what is played as a recording, as one observer of every channel would have made it:
// events/<ticker>/<UTC date>.ndjson.gz and, at the end, metadata/<event>.json.
//
// A market's recording begins with a snapshot of its book. Lines are gathered in memory, 16 MB at
// most, and appended as complete gzip members, so that even a killed simulator leaves a readable
// recording. Confined to one thread.
class Recorder {
 public:
  // Creates the folders; refuses a folder that already holds a recording.
  static Expected<std::unique_ptr<Recorder>> create(const std::string& dir);

  // `before`: the book as it was before a delta or snapshot was applied.
  void record(const FeedEvent& event, const World& world);
  Expected<void> finish(const World& world, std::int64_t now_ms);

 private:
  struct Pending {
    std::string path;
    std::string lines;
  };
  struct MarketState {
    bool started = false;
  };

  explicit Recorder(std::string dir) : dir_(std::move(dir)) {}
  void start_market(const Market& market, const FeedEvent& event);
  void write_line(std::string_view folder, std::string_view type, int channel,
                  std::int64_t sending_ms, std::string_view msg);
  void flush(Pending& pending);
  void flush_all();

  const std::string dir_;
  std::map<std::string, Pending, std::less<>> pending_;  // by folder
  std::size_t pending_bytes_ = 0;
  std::unordered_map<MarketIndex, MarketState> markets_;
  std::uint64_t seq_[6] = {};  // by channel
  std::optional<Error> failure_;
};

}  // namespace kd::sim
