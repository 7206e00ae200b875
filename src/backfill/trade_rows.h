#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "backfill/trade_window.h"
#include "codec/rest_decoder.h"
#include "model/universe.h"

namespace kd {

// Something that cannot become a trade, on its way to quarantine.
struct RefusedTrade {
  Micros received{};
  std::string reason;
  std::string text;  // as the exchange sent it
};

// What the pages of one window hold, as rows of production's trades: those that lie in the window,
// are wanted, and were not on an earlier page of it (pages and tiers overlap). Gatherer is 'rest';
// received_at is when the answer came. Confined to one thread.
class TradeRows {
 public:
  TradeRows(const TradeWindow& window, UniverseRules wanted)
      : window_(window), wanted_(std::move(wanted)) {}

  void add(const TradesPage& page, Micros received);

  // Rows and refusals since the last clear(), in COPY binary form.
  std::span<const char> bytes() const { return bytes_; }
  std::int64_t rows() const { return rows_; }
  const std::vector<RefusedTrade>& refused() const { return refused_; }
  // The times of these rows; exchange time.
  Micros oldest() const { return oldest_; }
  Micros newest() const { return newest_; }
  void clear();

  // All of the window so far.
  std::int64_t total_rows() const { return static_cast<std::int64_t>(seen_.size()); }
  std::int64_t total_refused() const { return total_refused_; }

 private:
  struct UuidHash {
    std::size_t operator()(const Uuid& id) const {
      return std::hash<std::string_view>()(id.view());
    }
  };

  void add_row(const RestTrade& trade, Micros received);
  void refuse(RefusedTrade trade);

  const TradeWindow window_;
  const UniverseRules wanted_;
  std::unordered_set<Uuid, UuidHash> seen_;
  std::vector<char> bytes_;
  std::int64_t rows_ = 0;
  Micros oldest_ = Micros::max();
  Micros newest_ = Micros::min();
  std::vector<RefusedTrade> refused_;
  std::int64_t total_refused_ = 0;
};

// Columns of the rows, in order.
std::string_view trade_columns();

}  // namespace kd
