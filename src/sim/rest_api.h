#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "sim/query.h"
#include "sim/token_bucket.h"
#include "sim/world.h"

namespace kd::sim {

inline constexpr std::string_view kRestRoot = "/trade-api/v2";
inline constexpr std::string_view kWsPath = "/trade-api/ws/v2";

struct RestOptions {
  double read_tokens_per_second = 0;       // a request costs 10; 0: no limit
  double read_bucket_seconds = 3;          // capacity, in seconds of refill
  double anonymous_tokens_per_second = 0;  // of all requests without a key; 0: no limit
  std::int64_t created_404_ms = 0;         // how long a new market is not found
};

// The two shapes of errors the exchange has, and the third of 429.
HttpResponse documented_error(int status, std::string_view code, std::string_view message);
HttpResponse nested_error(int status, std::string_view code, std::string_view message);
HttpResponse too_many_requests();

// Answers GET and HEAD requests below /trade-api/v2 out of the world (the body of an answer to HEAD
// is left out by the server). Confined to the loop's thread.
class RestApi {
 public:
  RestApi(const World& world, RestOptions options) : world_(world), options_(options) {}

  // `client` is "" for a request without credentials; `now_ms` the simulator's clock, `real_ms`
  // real time.
  HttpResponse handle(const HttpRequest& request, std::string_view client, std::int64_t now_ms,
                      std::int64_t real_ms);

 private:
  double rate_of(std::string_view client) const;
  bool within_budget(std::string_view client, std::int64_t real_ms);
  HttpResponse route(const std::vector<std::string>& path, const Query& query,
                     std::string_view client, std::int64_t now_ms) const;
  HttpResponse account(std::string_view what, std::string_view client) const;
  HttpResponse account_limits() const;

  const World& world_;
  const RestOptions options_;
  std::map<std::string, TokenBucket, std::less<>> buckets_;
};

enum class Tier : std::uint8_t { kNowhere, kLive, kHistorical };

// One resource each; `path` is what follows /trade-api/v2, in parts and decoded.
struct RestCall {
  const World& world;
  const std::vector<std::string>& path;
  const Query& query;
  std::int64_t now_ms;
  std::int64_t created_404_ms = 0;

  // Which tier answers for a market or a trade.
  Tier tier_of(const Market& market) const;
  Tier tier_of(const TradeRecord& trade) const;
  std::int64_t cutoff_ms() const;  // what happened earlier is history
};
HttpResponse get_exchange(const RestCall& call);
HttpResponse get_series(const RestCall& call);
HttpResponse get_events(const RestCall& call);
HttpResponse get_markets(const RestCall& call);
HttpResponse get_orderbook(const RestCall& call, const Market& market);
HttpResponse get_orderbooks(const RestCall& call);
HttpResponse list_markets(const RestCall& call, Tier tier);
HttpResponse one_market(const RestCall& call, const Market& market);
HttpResponse get_trades(const RestCall& call, Tier tier);
HttpResponse get_historical(const RestCall& call);
HttpResponse get_exchange_status(const RestCall& call);
HttpResponse get_exchange_schedule(const RestCall& call);
// GET …/candlesticks of one market, of a list, of an event.
HttpResponse market_candles(const RestCall& call, MarketIndex market, Tier tier);
HttpResponse batch_candles(const RestCall& call);
HttpResponse event_candles(const RestCall& call, const Event& event);

}  // namespace kd::sim
