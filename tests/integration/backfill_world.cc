#include "backfill_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/silent_log.h"

namespace kd {
namespace {

constexpr std::chrono::hours kAfterWeek{1};  // the exchange's clock stands there

std::int64_t ms_of(Micros at) {
  return std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
}

RestClient::Options fast_client(const std::string& url) {
  return {.base_url = url,
          .ca_file = "",
          .timeout = std::chrono::seconds(30),
          .max_retries = 1,
          .retry_backoff = std::chrono::milliseconds(1),
          .tokens_per_second = 1e6,
          .bucket_capacity = 1e6};
}

}  // namespace

std::int64_t us_of(std::chrono::sys_seconds at) { return to_us(Micros(at)); }

BackfillWorld::BackfillWorld(PgCluster& cluster, const std::string& database)
    : cluster_(cluster),
      database_(database.empty() ? cluster.make_database("backfill", SchemaKind::kProduction)
                                 : database),
      admin_(cluster.connect(database_)),
      exchange_(
          {.rest = [this](const HttpRequest& request) { return answer(request); }, .on_text = {}}),
      client_(fast_client(exchange_.rest_url()), nullptr, metrics_, silent_logger()) {
  const auto event = world_.add_event("KXA-1", world_.series_for("KXA"));
  world_.add_market("KXA-1", event);
  world_.add_market("KXB-1", event);
}

HttpResponse BackfillWorld::answer(const HttpRequest& request) {
  if (before_answer) before_answer(request);
  if (!trades_body.empty() && request.path().ends_with("/trades")) {
    return {.status = 200, .content_type = "application/json", .body = trades_body, .headers = {}};
  }
  auto below_root = request;
  const auto at = request.target.find("/trade-api/v2");
  if (at == std::string::npos) below_root.target = "/trade-api/v2" + request.target;
  return api_.handle(below_root, "key", ms_of(kWeekEnd + kAfterWeek), 1);
}

void BackfillWorld::cut_at(Micros cutoff) {
  world_.state.historical_age_ms = ms_of(kWeekEnd + kAfterWeek) - ms_of(cutoff);
}

std::string BackfillWorld::trade(const TradeOf& trade) {
  const auto number = fmt::format("00000000-0000-4000-8000-{:012}", ++trades_);
  const auto id = trade.id.empty() ? number : trade.id;
  exchange_.run([&] {
    world_.add_trade({.number = 0,
                      .market = *world_.find_market(trade.ticker),
                      .ts_us = trade.us,
                      .yes_price = 53'000,
                      .size = trade.size,
                      .taker_yes = true,
                      .block = trade.block,
                      .trade_id = id});
  });
  return id;
}

std::vector<std::string> BackfillWorld::week_of_trades(int count, std::chrono::seconds length) {
  std::vector<std::string> ids;
  const auto all = std::chrono::microseconds(length).count();
  for (int i = 0; i < count; ++i) {
    ids.push_back(trade({.us = us_of(kWeek) + all / count * i + i % 1000,
                         .size = 100 + i % 7,
                         .ticker = i % 5 == 0 ? "KXB-1" : "KXA-1",
                         .block = i % 50 == 0}));
  }
  return ids;
}

void BackfillWorld::store(const std::string& id, std::int64_t at_us, const std::string& ticker) {
  production(fmt::format("SELECT kd_ensure_partitions('trades', {0}, {0})", at_us));
  production(
      fmt::format("INSERT INTO trades VALUES ('{}', {}, NULL, {}, '{}', 53000, 100, true, "
                  "false, 'gatherer-1') RETURNING 1",
                  id, at_us / 1000 * 1000, at_us, ticker));
}

TradeJob BackfillWorld::job() const {
  return {.all = {.from = kWeek, .to = kWeekEnd}, .ticker = ""};
}

Expected<TradeJobOutcome> BackfillWorld::run(const TradeJob& job) {
  KD_TRY(const auto store, TradeStore::open(cluster_.options(database_, "deduplicator")));
  TradePages pages(client_);
  return run_trade_job(job, pages, *store, {});
}

std::string BackfillWorld::production(const std::string& sql) { return scalar(*admin_, sql); }

std::string BackfillWorld::digest() {
  return production(
      "SELECT count(*) || ' ' || md5(string_agg(t::text, ',' ORDER BY trade_id, "
      "exchange_ts)) FROM trades t");
}

std::size_t BackfillWorld::requests_for(const std::string& what) const {
  const auto requests = exchange_.requests();
  return static_cast<std::size_t>(std::count_if(
      requests.begin(), requests.end(),
      [&](const std::string& request) { return request.find(what) != std::string::npos; }));
}

}  // namespace kd
