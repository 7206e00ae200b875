#include "sim/json_text.h"
#include "sim/rest_api.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::int64_t kScheduleMs = 60LL * 24 * 3600 * 1000;
constexpr std::string_view kShardNames[] = {"default", "combos", "crypto", "sports"};

void append_activity(JsonObject& object, const ShardState& shard) {
  object.boolean("exchange_active", shard.exchange_active);
  object.boolean("trading_active", shard.trading_active);
  object.boolean("intra_exchange_transfers_active", shard.exchange_active);
}

void append_shards(std::string& out, const ExchangeState& state) {
  out.push_back('[');
  for (std::size_t i = 0; i < state.shards.size(); ++i) {
    if (i > 0) out.push_back(',');
    JsonObject shard(out);
    shard.number("exchange_index", static_cast<std::int64_t>(i));
    shard.text("description", kShardNames[i]);
    append_activity(shard, state.shards[i]);
    shard.close();
  }
  out.push_back(']');
}

// Open round the clock, except for the weekly pause; Eastern time.
void append_standard_hours(std::string& out, std::int64_t now_ms) {
  JsonObject hours(out);
  hours.text("start_time", rfc3339_from_ms(now_ms - kScheduleMs));
  hours.text("end_time", rfc3339_from_ms(now_ms + kScheduleMs));
  for (const std::string_view day :
       {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
    hours.raw(day, day == "thursday" ? R"([{"open_time":"00:00","close_time":"03:00"},)"
                                       R"({"open_time":"05:00","close_time":"00:00"}])"
                                     : R"([{"open_time":"00:00","close_time":"00:00"}])");
  }
  hours.close();
}

void append_maintenance(std::string& out, const ExchangeState& state) {
  out.push_back('[');
  for (const MaintenanceWindow& window : state.maintenance) {
    if (out.back() != '[') out.push_back(',');
    JsonObject object(out);
    object.text("start_datetime", rfc3339_from_ms(window.start_ms));
    object.text("end_datetime", rfc3339_from_ms(window.end_ms)).close();
  }
  out.push_back(']');
}

}  // namespace

// The members at the top speak for the default shard alone.
HttpResponse get_exchange_status(const RestCall& call) {
  const ExchangeState& state = call.world.state;
  std::string out;
  JsonObject object(out);
  append_activity(object, state.shards.front());
  if (state.resume_ms) {
    object.text("exchange_estimated_resume_time", rfc3339_from_ms(*state.resume_ms));
  } else {
    object.null("exchange_estimated_resume_time");
  }
  append_shards(object.key("exchange_index_statuses"), state);
  object.close();
  return {state.status_code, "application/json", std::move(out), {}};
}

HttpResponse get_exchange_schedule(const RestCall& call) {
  std::string out;
  JsonObject object(out);
  JsonObject schedule(object.key("schedule"));
  std::string& list = schedule.key("standard_hours");
  list.push_back('[');
  append_standard_hours(list, call.now_ms);
  list.push_back(']');
  append_maintenance(schedule.key("maintenance_windows"), call.world.state);
  schedule.close();
  object.close();
  return {200, "application/json", std::move(out), {}};
}

}  // namespace kd::sim
