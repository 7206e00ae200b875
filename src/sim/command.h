#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kd::sim {

// The exchange's error codes of the WebSocket.
enum class WsError : std::uint8_t {
  kNone = 0,
  kCannotProcess = 1,
  kParamsMissing = 2,
  kChannelsMissing = 3,
  kSidsMissing = 4,
  kUnknownCommand = 5,
  kUnknownSid = 7,
  kUnknownChannel = 8,
  kChannelError = 10,
  kInvalidParameter = 11,
  kOneSidRequired = 12,
  kUnsupportedAction = 13,
  kTickerRequired = 14,
  kActionRequired = 15,
  kInternal = 17,
  kCommandTimeout = 18,
  kOverflow = 25,
  kMarketLimit = 26,
  kTooManyRequests = 27,
  kMarketsNotFound = 28,
};
std::string_view error_text(WsError code);

// One command of a client, as sent. Members that were absent stay empty.
struct Command {
  std::int64_t id = 0;  // 0: none
  std::string cmd;
  bool has_params = false;
  std::vector<std::string> channels;
  std::vector<std::string> tickers;  // of market_ticker or market_tickers
  bool both_ticker_forms = false;
  std::vector<std::string> market_ids;
  std::vector<std::int64_t> sids;  // of sid or sids
  bool both_sid_forms = false;
  std::string action;
  std::optional<bool> use_yes_price;
  bool skip_ticker_ack = false;
  bool send_initial_snapshot = false;
  WsError fault = WsError::kNone;  // what was wrong with the text
};

Command parse_command(std::string_view text);

}  // namespace kd::sim
