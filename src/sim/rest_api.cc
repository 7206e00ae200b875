#include "sim/rest_api.h"

#include <fmt/format.h>

#include "sim/json_text.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr double kRequestCost = 10;
constexpr double kBasicTokensPerSecond = 200;
constexpr std::int64_t kHistoricalMs = 60LL * 24 * 3600 * 1000;

HttpResponse json_response(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

HttpResponse exchange_status() {
  return json_response(
      R"({"exchange_active":true,"trading_active":true,"intra_exchange_transfers_active":true,)"
      R"("exchange_estimated_resume_time":null,"exchange_index_statuses":[)"
      R"({"exchange_index":0,"description":"default","exchange_active":true,"trading_active":true,)"
      R"("intra_exchange_transfers_active":true},)"
      R"({"exchange_index":1,"description":"combos","exchange_active":true,"trading_active":true,)"
      R"("intra_exchange_transfers_active":true}]})");
}

// Open round the clock, except for the weekly pause.
HttpResponse exchange_schedule(std::int64_t now_ms) {
  std::string out;
  JsonObject object(out);
  JsonObject schedule(object.key("schedule"));
  std::string& list = schedule.key("standard_hours").append("[");
  JsonObject hours(list);
  hours.text("start_time", rfc3339_from_ms(now_ms - kHistoricalMs));
  hours.text("end_time", rfc3339_from_ms(now_ms + kHistoricalMs));
  for (const std::string_view day :
       {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
    hours.raw(
        day,
        day == "thursday"
            ? R"([{"open_time":"00:00","close_time":"03:00"},{"open_time":"05:00","close_time":"00:00"}])"
            : R"([{"open_time":"00:00","close_time":"00:00"}])");
  }
  hours.close();
  list.push_back(']');
  schedule.raw("maintenance_windows", "[]").close();
  object.close();
  return json_response(std::move(out));
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

bool RestApi::within_budget(std::string_view client, std::int64_t real_ms) {
  const double rate = options_.read_tokens_per_second;
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
  const RestCall call{world_, path, query, now_ms};
  const std::string_view first = path.empty() ? std::string_view() : path[0];
  if (first == "markets") return get_markets(call);
  if (first == "events") return get_events(call);
  if (first == "series") return get_series(call);
  if (first == "exchange") return get_exchange(call);
  if (first == "historical") return get_historical(call);
  if (path == std::vector<std::string>{"account", "limits"}) return account_limits(client);
  return nested_error(404, "not_found", "not found");
}

HttpResponse RestApi::account_limits(std::string_view client) const {
  if (client.empty()) return nested_error(401, "unauthorized", "authentication required");
  const bool limited = options_.read_tokens_per_second > 0;
  const double rate = limited ? options_.read_tokens_per_second : kBasicTokensPerSecond;
  return json_response(fmt::format(
      R"({{"usage_tier":"basic","read":{{"refill_rate":{:.0f},"bucket_capacity":{:.0f}}},)"
      R"("write":{{"refill_rate":100,"bucket_capacity":100}},"grants":[]}})",
      rate, rate * options_.read_bucket_seconds));
}

HttpResponse get_exchange(const RestCall& call) {
  if (call.path.size() == 2 && call.path[1] == "status") return exchange_status();
  if (call.path.size() == 2 && call.path[1] == "schedule") return exchange_schedule(call.now_ms);
  return nested_error(404, "not_found", "not found");
}

HttpResponse get_historical(const RestCall& call) {
  if (call.path.size() != 2 || call.path[1] != "cutoff") {
    return nested_error(404, "not_found", "not found");
  }
  std::string out;
  const std::string cutoff =
      rfc3339_from_ms((call.now_ms - kHistoricalMs) / 86'400'000 * 86'400'000);
  JsonObject object(out);
  object.text("market_settled_ts", cutoff).text("trades_created_ts", cutoff);
  object.text("orders_updated_ts", cutoff).close();
  return json_response(std::move(out));
}

}  // namespace kd::sim
