#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "database/partitions.h"
#include "integration/merge_truth.h"
#include "metrics/registry.h"
#include "router/router.h"
#include "support/pg_cluster.h"

namespace kd {

// One gatherer as the merge sees it: the real router makes rows and evidence of frames, and they
// are stored in its own database as its writers would. The process can be killed: what was not
// committed is gone. Times are ms of the exchange, which is also the line's clock.
class MergeLine {
 public:
  MergeLine(PgCluster& cluster, const std::string& id);
  ~MergeLine();
  MergeLine(const MergeLine&) = delete;
  MergeLine& operator=(const MergeLine&) = delete;

  const std::string& id() const { return id_; }
  const std::string& database() const { return database_; }

  // A new play: nothing is subscribed, nothing was seen.
  void begin(const MergeTruth& truth);
  // Takes part in what the exchange does from now on, received or not.
  void exchange_changed(const TrueChange& change);

  // A process that is not there is started; a socket is opened and all markets are subscribed.
  void open(std::int64_t at_ms);
  void close(std::int64_t at_ms, std::string_view reason);
  void kill();
  // Killed while its writers commit, each on its own: some tables made it, and no proof did.
  void kill_amid_commit(std::int64_t at_ms, std::uint32_t tables);
  bool is_open() const { return open_; }

  enum class Fate : std::uint8_t { kArrives, kIsLost, kComesTwice };
  void send(std::size_t index, const TrueChange& change, Fate fate);
  // The answers to get_snapshot for all markets.
  void send_snapshots(std::int64_t at_ms);
  bool has_gap() const { return gap_; }
  // Rows, evidence, and then the watermark that says how far they go.
  void commit(std::int64_t at_ms);

  // Committed in one subscription each: indices of the truth's changes, by stream.
  const std::vector<std::set<std::size_t>>& stored() const { return stored_; }
  // Per market, stretches of sending time in which nothing was lost and all of it was committed.
  struct Stretch {
    std::int64_t from_ms;
    std::int64_t until_ms;
  };
  const std::vector<std::vector<Stretch>>& covered() const { return covered_; }

 private:
  void start_process();
  void frame(const std::string& text, std::int64_t at_ms);
  void end_stretches();
  void store(Table table, std::int64_t at_ms);

  PgCluster& cluster_;
  const std::string id_;
  const std::string database_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Partitions> partitions_;
  MetricsRegistry metrics_;
  RouterMetrics router_metrics_{metrics_};
  Interner tickers_;
  std::int64_t streams_ = 0;
  std::array<std::int64_t, kAllTables.size()> last_position_{};

  const MergeTruth* truth_ = nullptr;
  std::vector<OrderBook> books_;  // the exchange's
  std::unique_ptr<Router> router_;
  std::array<std::vector<RowBatch>, kAllTables.size()> pending_;
  bool open_ = false;
  bool gap_ = false;
  std::int64_t seq_ = 0;
  std::set<std::size_t> unstored_;
  std::vector<std::set<std::size_t>> stored_;  // the last one is of the running stream
  std::vector<std::vector<Stretch>> covered_;
  std::vector<bool> based_;  // the last stretch of the market goes on
};

}  // namespace kd
