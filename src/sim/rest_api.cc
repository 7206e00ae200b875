#include "sim/rest_api.h"

#include <fmt/format.h>

#include "sim/json_text.h"
#include "sim/rest_page.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr double kRequestCost = 10;
constexpr double kBasicTokensPerSecond = 200;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

// The tiers of an account by their read budget.
std::string_view tier_name(double tokens_per_second) {
  constexpr std::pair<double, std::string_view> kTiers[] = {
      {12'000, "prestige"}, {4'800, "prime"}, {2'400, "paragon"},
      {1'200, "premier"},   {600, "expert"},  {300, "advanced"}};
  for (const auto& [least, name] : kTiers) {
    if (tokens_per_second >= least) return name;
  }
  return "basic";
}

HttpResponse json_response(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

HttpResponse moved(const HttpRequest& request) {
  std::string to(request.path());
  while (to.size() > 1 && to.ends_with('/')) to.pop_back();
  if (!request.query().empty()) to += "?" + std::string(request.query());
  return {301, "text/html", "", {{"Location", to}}};
}

}  // namespace

HttpResponse documented_error(int status, std::string_view code, std::string_view message) {
  std::string out;
  JsonObject object(out);
  object.text("code", code).text("message", message).text("details", "").close();
  return {status, "application/json", std::move(out), {}};
}

HttpResponse nested_error(int status, std::string_view code, std::string_view message) {
  std::string out;
  JsonObject object(out);
  JsonObject error(object.key("error"));
  error.text("code", code).text("message", message).close();
  object.close();
  return {status, "application/json", std::move(out), {}};
}

HttpResponse too_many_requests() {
  return {429, "application/json", R"({"error":"too many requests"})", {}};
}

HttpResponse RestApi::handle(const HttpRequest& request, std::string_view client,
                             std::int64_t now_ms, std::int64_t real_ms) {
  // Only below the exchange's own root: "//host/" would lead to another host, "/" to itself.
  const std::string_view path_text = request.path();
  if (path_text.starts_with("/trade-api/") && path_text.ends_with('/')) return moved(request);
  if (path_text != kRestRoot && !path_text.starts_with(std::string(kRestRoot) + "/")) {
    return nested_error(404, "not_found", "not found");
  }
  if (!within_budget(client, real_ms)) return too_many_requests();
  if (request.method != "GET" && request.method != "HEAD") {
    return documented_error(405, "method_not_allowed", "the simulator answers GET and HEAD only");
  }
  std::vector<std::string> path;
  for (const std::string& part : split(path_text.substr(kRestRoot.size()), '/')) {
    path.push_back(percent_decode(part, false));
  }
  return route(path, Query(request.query()), client, now_ms);
}

double RestApi::rate_of(std::string_view client) const {
  return client.empty() ? options_.anonymous_tokens_per_second : options_.read_tokens_per_second;
}

bool RestApi::within_budget(std::string_view client, std::int64_t real_ms) {
  const double rate = rate_of(client);
  if (rate <= 0) return true;
  auto bucket = buckets_.find(client);
  if (bucket == buckets_.end()) {
    bucket =
        buckets_
            .emplace(std::string(client), TokenBucket(rate, rate * options_.read_bucket_seconds))
            .first;
  }
  return bucket->second.take(kRequestCost, real_ms);
}

HttpResponse RestApi::route(const std::vector<std::string>& path, const Query& query,
                            std::string_view client, std::int64_t now_ms) const {
  const RestCall call{world_, path, query, now_ms, options_.created_404_ms};
  const std::string_view first = path.empty() ? std::string_view() : path[0];
  if (first == "markets") return get_markets(call);
  if (first == "events") return get_events(call);
  if (first == "series") return get_series(call);
  if (first == "exchange") return get_exchange(call);
  if (first == "historical") return get_historical(call);
  if (first == "account" && path.size() == 2) return account(path[1], client);
  return nested_error(404, "not_found", "not found");
}

HttpResponse RestApi::account(std::string_view what, std::string_view client) const {
  if (client.empty()) return nested_error(401, "unauthorized", "authentication required");
  if (what == "limits") return account_limits();
  if (what != "endpoint_costs") return nested_error(404, "not_found", "not found");
  return json_response(
      R"({"default_cost":10,"endpoint_costs":[)"
      R"({"method":"DELETE","path":"/trade-api/v2/portfolio/orders/{order_id}","cost":2},)"
      R"({"method":"GET","path":"/trade-api/v2/portfolio/orders/{order_id}","cost":2},)"
      R"({"method":"POST","path":"/trade-api/v2/account/tier/upgrade","cost":30}]})");
}

HttpResponse RestApi::account_limits() const {
  const bool limited = options_.read_tokens_per_second > 0;
  const double rate = limited ? options_.read_tokens_per_second : kBasicTokensPerSecond;
  return json_response(
      fmt::format(R"({{"usage_tier":"{}","read":{{"refill_rate":{:.0f},"bucket_capacity":{:.0f}}},)"
                  R"("write":{{"refill_rate":100,"bucket_capacity":100}},"grants":[]}})",
                  tier_name(rate), rate, rate * options_.read_bucket_seconds));
}

std::int64_t RestCall::cutoff_ms() const {
  const std::int64_t age = world.state.historical_age_ms;
  const std::int64_t cutoff = now_ms - age;
  return age < kDayMs ? cutoff : floor_div(cutoff, kDayMs) * kDayMs;
}

Tier RestCall::tier_of(const Market& market) const {
  const bool too_new = created_404_ms > 0 && market.times.created + created_404_ms > now_ms;
  if (!exists_at(market, now_ms) || too_new) return Tier::kNowhere;
  return market.times.settled < cutoff_ms() ? Tier::kHistorical : Tier::kLive;
}

Tier RestCall::tier_of(const TradeRecord& trade) const {
  const std::int64_t offset = world.market(trade.market).shown_offset_ms;
  return trade.ts_us < (cutoff_ms() - offset) * 1000 ? Tier::kHistorical : Tier::kLive;
}

HttpResponse get_exchange(const RestCall& call) {
  if (call.path.size() == 2 && call.path[1] == "status") return get_exchange_status(call);
  if (call.path.size() == 2 && call.path[1] == "schedule") return get_exchange_schedule(call);
  return nested_error(404, "not_found", "not found");
}

HttpResponse get_historical(const RestCall& call) {
  const auto& path = call.path;
  const std::string_view what = path.size() > 1 ? std::string_view(path[1]) : std::string_view();
  if (what == "trades" && path.size() == 2) return get_trades(call, Tier::kHistorical);
  if (what == "markets" && path.size() == 2) return list_markets(call, Tier::kHistorical);
  if (what == "markets" && path.size() <= 4) {
    const auto at = call.world.find_market(path[2]);
    if (!at || call.tier_of(call.world.market(*at)) != Tier::kHistorical) return not_found();
    if (path.size() == 3) return one_market(call, call.world.market(*at));
    if (path[3] == "candlesticks") return market_candles(call, *at, Tier::kHistorical);
  }
  if (what != "cutoff" || path.size() != 2) return not_found();
  std::string out;
  const std::string cutoff = rfc3339_from_ms(call.cutoff_ms());
  JsonObject object(out);
  object.text("market_settled_ts", cutoff).text("trades_created_ts", cutoff);
  object.text("orders_updated_ts", cutoff).close();
  return json_response(std::move(out));
}

}  // namespace kd::sim
