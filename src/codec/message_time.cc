#include "codec/message_time.h"

#include "model/rfc3339.h"

namespace kd {
namespace {

using json::bad;

Expected<Micros> in_range(std::string_view field, std::int64_t ms) {
  if (ms < 0 || ms > kLatestMs) return bad(field, "out of range");
  return micros_from_ms(ms);
}

}  // namespace

Expected<bool> MessageTime::read(std::string_view key, json::ondemand::value value) {
  if (key == "ts_ms") {
    KD_TRY(ts_ms_, json::integer(key, value));
    return true;
  }
  if (key != "ts" && key != "time") return false;
  KD_DO(read_text_or_seconds(key, value));
  return true;
}

Expected<void> MessageTime::read_text_or_seconds(std::string_view key,
                                                 json::ondemand::value value) {
  json::ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return bad(key, error);
  if (type == json::ondemand::json_type::number) {
    KD_TRY(seconds_, json::integer(key, value));
  } else {
    KD_TRY(text_, json::text(key, value));
  }
  return {};
}

Expected<ExchangeTime> MessageTime::resolve(const std::optional<Micros>& sending) const {
  constexpr std::size_t kMillisecondText = 24;  // "2026-11-22T14:00:01.234Z" adds nothing
  ExchangeTime time;
  if (ts_ms_) {
    KD_TRY(time.at, in_range("ts_ms", *ts_ms_));
    if (text_.size() <= kMillisecondText) return time;
  }
  if (!text_.empty()) {
    KD_TRY(const auto at, json::named("ts", parse_rfc3339(text_)));
    if (!ts_ms_) time.at = floor_to_ms(at);
    if (at != time.at && floor_to_ms(at) == time.at) time.finer = at;
    return time;
  }
  if (seconds_) {
    if (*seconds_ > kLatestMs / 1000) return bad("ts", "out of range");
    KD_TRY(time.at, in_range("ts", *seconds_ * 1000));
    return time;
  }
  if (!sending) return bad("ts_ms", "missing, and so are ts and sending_ts_ms");
  time.at = floor_to_ms(*sending);
  return time;
}

}  // namespace kd
