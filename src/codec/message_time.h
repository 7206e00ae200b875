#pragma once

// The times of a message; for the sources of codec/ only.

#include <optional>
#include <string_view>

#include "codec/json_fields.h"
#include "model/messages.h"

namespace kd {

inline constexpr std::int64_t kLatestMs = 253'402'300'799'000;  // the year 9999

// The three ways in which the exchange has sent a time; `ts_ms` wins.
class MessageTime {
 public:
  // True when `key` was a time field, which is then read.
  Expected<bool> read(std::string_view key, json::ondemand::value value);

  // `sending` is the last resort, for the channels whose schema makes all three optional.
  Expected<ExchangeTime> resolve(const std::optional<Micros>& sending) const;

 private:
  Expected<void> read_text_or_seconds(std::string_view key, json::ondemand::value value);

  std::optional<std::int64_t> ts_ms_;
  std::string_view text_;  // RFC 3339
  std::optional<std::int64_t> seconds_;
};

}  // namespace kd
