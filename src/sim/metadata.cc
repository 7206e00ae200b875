#include "sim/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sim/json_reading.h"
#include "sim/json_text.h"
#include "sim/market_members.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace json = boost::json;

namespace {

// What the simulator writes itself, as of its own clock, or what the exchange no longer sends.
constexpr std::string_view kMarketMembersNotKept[] = {"ticker",
                                                      "event_ticker",
                                                      "status",
                                                      "result",
                                                      "expiration_value",
                                                      "settlement_ts",
                                                      "settlement_value_dollars",
                                                      "created_time",
                                                      "updated_time",
                                                      "open_time",
                                                      "close_time",
                                                      "yes_bid_dollars",
                                                      "yes_ask_dollars",
                                                      "no_bid_dollars",
                                                      "no_ask_dollars",
                                                      "yes_bid_size_fp",
                                                      "yes_ask_size_fp",
                                                      "last_price_dollars",
                                                      "previous_price_dollars",
                                                      "previous_yes_bid_dollars",
                                                      "previous_yes_ask_dollars",
                                                      "volume_fp",
                                                      "volume_24h_fp",
                                                      "open_interest_fp",
                                                      "liquidity_dollars",
                                                      "tick_size",
                                                      "category",
                                                      "risk_limit_cents",
                                                      "response_price_units",
                                                      "fractional_trading_enabled"};
constexpr std::string_view kEventMembersNotKept[] = {"event_ticker", "series_ticker", "markets",
                                                     "available_on_brokers"};

template <typename List>
bool listed(const List& list, std::string_view key) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

bool names_a_time(std::string_view key) {
  return key.ends_with("_time") || key.ends_with("_ts") || key.ends_with("_datetime") ||
         key.ends_with("_date");
}

std::int64_t time_member(const json::object& object, std::string_view key, std::int64_t shift_ms) {
  const auto text = text_member(object, key);
  const auto us = text ? parse_rfc3339(*text) : std::nullopt;
  return us ? floor_div(*us, 1000) + shift_ms : kNoTime;
}

void append_shifted(std::string& out, const json::value& value, std::int64_t shift_ms) {
  const auto us = value.is_string() ? parse_rfc3339(view_of(value.get_string())) : std::nullopt;
  if (!us || *us < 0) return append_json(out, value);  // year 1 stands for "never"
  append_json_string(out, rfc3339_from_us(*us + shift_ms * 1000));
}

template <typename List>
std::string fixed_members(const json::object& object, const List& not_kept, std::int64_t shift_ms,
                          const std::vector<DefaultMember>& defaults) {
  std::string out;
  const auto begin_member = [&out](std::string_view key) {
    if (!out.empty()) out.push_back(',');
    append_json_string(out, key);
    out.push_back(':');
  };
  for (const auto& [name, value] : object) {
    const std::string_view key = view_of(name);
    if (listed(not_kept, key)) continue;
    begin_member(key);
    names_a_time(key) ? append_shifted(out, value, shift_ms) : append_json(out, value);
  }
  for (const DefaultMember& member : defaults) {
    if (object.contains({member.key.data(), member.key.size()})) continue;
    begin_member(member.key);
    out += member.json;
  }
  return out;
}

std::string text_or(const json::object& object, std::string_view key, std::string_view other = "") {
  return std::string(text_member(object, key).value_or(other));
}

MarketMetadata read_market(const json::object& from, std::int64_t shift_ms) {
  MarketMetadata market;
  market.ticker = text_or(from, "ticker");
  market.created_ms = time_member(from, "created_time", shift_ms);
  market.open_ms = time_member(from, "open_time", shift_ms);
  market.close_ms = time_member(from, "close_time", shift_ms);
  market.settled_ms = time_member(from, "settlement_ts", shift_ms);
  market.settlement_timer_ms = int_member(from, "settlement_timer_seconds").value_or(0) * 1000;
  market.result = text_or(from, "result");
  market.expiration_value = text_or(from, "expiration_value");
  const auto value = text_member(from, "settlement_value_dollars");
  market.settlement_value =
      (value ? parse_price(*value) : std::nullopt).value_or(market.result == "yes" ? kDollar : 0);
  market.fixed_members =
      fixed_members(from, kMarketMembersNotKept, shift_ms, default_market_members());
  return market;
}

}  // namespace

struct MetadataFile::Impl {
  json::value document;
  const json::object* event = nullptr;
  std::vector<const json::object*> markets;
};

Expected<MetadataFile> MetadataFile::load(const std::string& path) {
  const auto unusable = [&](std::string_view why) {
    return fail(Remedy::kGiveUp,
                fmt::format("{}: {}; fetch the file again, or remove it to have the event made up "
                            "from its tickers",
                            path, why));
  };
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto impl = std::make_shared<Impl>();
  json::error_code error;
  impl->document = json::parse({text.data(), text.size()}, error);
  if (error) return unusable("not JSON: " + error.message());
  const auto* root = impl->document.if_object();
  const auto* response = root == nullptr ? nullptr : object_member(*root, "response");
  impl->event = response == nullptr ? nullptr : object_member(*response, "event");
  if (impl->event == nullptr || !text_member(*impl->event, "event_ticker")) {
    return unusable("no response.event.event_ticker");
  }
  const auto* markets = array_member(*response, "markets");
  if (markets == nullptr) markets = array_member(*impl->event, "markets");
  if (markets == nullptr) return unusable("no response.markets");
  for (const json::value& market : *markets) {
    const auto* object = market.if_object();
    if (object == nullptr || !text_member(*object, "ticker"))
      return unusable("a market without ticker");
    impl->markets.push_back(object);
  }
  return MetadataFile(std::move(impl));
}

std::vector<std::string> MetadataFile::market_tickers() const {
  std::vector<std::string> tickers;
  for (const json::object* market : impl_->markets) tickers.push_back(text_or(*market, "ticker"));
  return tickers;
}

EventMetadata MetadataFile::read(
    std::int64_t event_shift_ms,
    const std::function<std::int64_t(std::string_view)>& shift_of) const {
  const json::object& from = *impl_->event;
  EventMetadata event;
  event.ticker = text_or(from, "event_ticker");
  event.series_ticker =
      text_or(from, "series_ticker", event.ticker.substr(0, event.ticker.find('-')));
  if (event.series_ticker.empty())
    event.series_ticker = event.ticker.substr(0, event.ticker.find('-'));
  event.title = text_or(from, "title");
  event.sub_title = text_or(from, "sub_title");
  event.category = text_or(from, "category");
  if (const auto* product = object_member(from, "product_metadata")) {
    event.cadence = text_or(*product, "cadence");
  }
  event.fixed_members =
      fixed_members(from, kEventMembersNotKept, event_shift_ms, default_event_members());
  for (const json::object* market : impl_->markets) {
    event.markets.push_back(read_market(*market, shift_of(text_or(*market, "ticker"))));
  }
  return event;
}

}  // namespace kd::sim
