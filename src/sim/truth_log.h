#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/expected.h"
#include "sim/clients.h"
#include "sim/deliveries.h"
#include "sim/feed_event.h"
#include "sim/occurrences.h"

namespace kd::sim {

// Writes what was sent, one record a line, tab separated: the measure for every consumer. The
// format is described in docs/kalshi-data/exchange-sim/README.md. Confined to one thread.
class TruthLog {
 public:
  // Replaces the file. The error names it.
  static Expected<std::unique_ptr<TruthLog>> create(const std::string& path);

  void client(int number, std::string_view id);
  // A published frame and the clients it went to.
  void sent(const FeedEvent& event, std::string_view ticker, ClientMask to);
  // What tells the frame last given to sent() from others of its ticker and time.
  std::string last_detail(const FeedEvent& event) const;
  // A client did not get, or may not have got, a frame.
  void withheld(const Loss& loss);
  // A snapshot that answered a command.
  void answered(std::string_view ticker, std::int64_t sending_ms, int client);

  void flush();
  // Writes the last line. Nothing may be added afterwards.
  Expected<void> finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct LastSnapshot {
    std::int64_t sending_ms = 0;
    int index = 0;
  };

  TruthLog(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  void delta(const FeedEvent& event, std::string_view ticker, ClientMask to);
  void trade(const FeedEvent& event, std::string_view ticker, ClientMask to);
  void snapshot(const FeedEvent& event, std::string_view ticker, ClientMask to);
  void ticker(const FeedEvent& event, std::string_view ticker, ClientMask to);
  void lifecycle(const FeedEvent& event, ClientMask to);
  void flush_line();

  const std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string line_;
  Occurrences occurrences_;
  int last_number_ = 0;  // the last delta's occurrence, the last snapshot's index
  std::unordered_map<MarketIndex, LastSnapshot> last_snapshots_;
};

}  // namespace kd::sim
