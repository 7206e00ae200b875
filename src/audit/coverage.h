#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kd {

// What one gatherer's own evidence (ledger, snapshots, watermarks) calls covered: the rule of
// docs/kalshi-data/message-router, "Evidence", written a second time, for the audit. Times are µs
// since the epoch by the exchange's clock. Confined to one thread.
class EvidenceCoverage {
 public:
  struct LedgerRow {
    std::int64_t stream = 0;
    std::string event;
    std::string channel;
    std::optional<std::int64_t> from;
    std::optional<std::int64_t> to;
    std::vector<std::string> tickers;  // empty: all of the stream
  };
  // In any order.
  void ledger(const LedgerRow& row);
  void snapshot(std::int64_t stream, std::string_view ticker, std::int64_t at);
  void watermark(std::int64_t stream, std::int64_t proven_until);

  // Whether the book of `ticker` is called complete at that time.
  bool covers(std::string_view ticker, std::int64_t at) const;

 private:
  struct Hole {
    std::int64_t from;
    std::int64_t to;
    std::vector<std::string> tickers;
    bool hits(std::int64_t base, std::string_view ticker) const;
  };
  struct Stream {
    std::optional<std::int64_t> closed;
    std::int64_t watermark = 0;
    std::vector<Hole> gaps;
    std::vector<Hole> leaves;  // kEnd: not acknowledged
  };
  struct Base {
    std::int64_t stream;
    std::int64_t at;
  };
  std::int64_t proven_until(const Base& base, std::string_view ticker) const;

  std::map<std::int64_t, Stream> streams_;
  std::unordered_map<std::string, std::vector<Base>> bases_;
  std::vector<Hole> drops_;
};

}  // namespace kd
