#include "codec/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kd {
namespace {

std::string quoted_list(std::span<const std::string_view> tickers) {
  std::string out = "[";
  for (const auto ticker : tickers) {
    if (out.size() > 1) out += ',';
    out += '"';
    out += ticker;
    out += '"';
  }
  return out + "]";
}

std::string_view wire_name(UpdateAction action) {
  switch (action) {
    case UpdateAction::kAddMarkets:
      return "add_markets";
    case UpdateAction::kDeleteMarkets:
      return "delete_markets";
    case UpdateAction::kGetSnapshot:
      break;
  }
  return "get_snapshot";
}

}  // namespace

std::string subscribe_books(std::int64_t id, std::span<const std::string_view> tickers) {
  return fmt::format(
      R"({{"id":{},"cmd":"subscribe","params":{{"channels":["orderbook_delta"],"market_tickers":{},"use_yes_price":false,"skip_ticker_ack":true}}}})",
      id, quoted_list(tickers));
}

std::string subscribe_all(std::int64_t id, Channel channel) {
  return fmt::format(R"({{"id":{},"cmd":"subscribe","params":{{"channels":["{}"]}}}})", id,
                     kd::wire_name(channel));
}

std::string update_subscription(std::int64_t id, std::int64_t sid, UpdateAction action,
                                std::span<const std::string_view> tickers) {
  return fmt::format(
      R"({{"id":{},"cmd":"update_subscription","params":{{"sid":{},"action":"{}","market_tickers":{},"skip_ticker_ack":true}}}})",
      id, sid, wire_name(action), quoted_list(tickers));
}

std::string unsubscribe(std::int64_t id, std::span<const std::int64_t> sids) {
  return fmt::format(R"({{"id":{},"cmd":"unsubscribe","params":{{"sids":[{}]}}}})", id,
                     fmt::join(sids, ","));
}

std::string list_subscriptions(std::int64_t id) {
  return fmt::format(R"({{"id":{},"cmd":"list_subscriptions"}})", id);
}

}  // namespace kd
