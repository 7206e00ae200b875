#pragma once

#include <stop_token>
#include <string>

#include "api/rest_client.h"
#include "backfill/trade_window.h"
#include "codec/rest_decoder.h"

namespace kd {

// Asks the exchange for trades, page by page, after everybody else who wants something of it.
// Confined to one thread; the client is shared.
//
// Errors are those of RestClient; kRetry as well for an answer that is none.
class TradePages {
 public:
  explicit TradePages(RestClient& client) : client_(client) {}

  // Trades older than it are in the historical tier.
  Expected<Micros> cutoff(const std::stop_token& stop);

  struct Page {
    TradesPage content;
    Micros received{};
  };
  // `ticker` and `cursor` may be empty: all markets; the first page.
  Expected<Page> read(const TierRange& range, const std::string& ticker, const std::string& cursor,
                      const std::stop_token& stop);

 private:
  RestClient& client_;
};

}  // namespace kd
