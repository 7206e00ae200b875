#include "sim/command.h"

#include "sim/json_reading.h"

namespace kd::sim {

namespace json = boost::json;

namespace {

class Params {
 public:
  Params(const json::object& object, Command& command) : object_(object), command_(command) {}

  void read() {
    texts("channels", command_.channels);
    const std::size_t single = one_text("market_ticker", command_.tickers);
    const std::size_t several = texts("market_tickers", command_.tickers);
    command_.both_ticker_forms = single > 0 && several > 0;
    one_text("market_id", command_.market_ids);
    texts("market_ids", command_.market_ids);
    sids();
    if (const auto action = text_member(object_, "action")) command_.action = *action;
    if (has("use_yes_price")) command_.use_yes_price = flag("use_yes_price");
    command_.skip_ticker_ack = flag("skip_ticker_ack");
    command_.send_initial_snapshot = flag("send_initial_snapshot");
  }

 private:
  bool has(std::string_view key) const { return object_.contains({key.data(), key.size()}); }
  void refuse() { command_.fault = WsError::kInvalidParameter; }

  std::size_t one_text(std::string_view key, std::vector<std::string>& into) {
    if (!has(key)) return 0;
    const auto text = text_member(object_, key);
    if (!text) return refuse(), 0;
    into.emplace_back(*text);
    return 1;
  }

  std::size_t texts(std::string_view key, std::vector<std::string>& into) {
    if (!has(key)) return 0;
    const auto* list = array_member(object_, key);
    if (list == nullptr) return refuse(), 0;
    for (const json::value& item : *list) {
      if (!item.is_string()) return refuse(), 0;
      into.emplace_back(view_of(item.get_string()));
    }
    return list->size();
  }

  void sids() {
    command_.both_sid_forms = has("sid") && has("sids");
    if (has("sid")) {
      const auto sid = int_member(object_, "sid");
      sid ? command_.sids.push_back(*sid) : refuse();
    }
    if (!has("sids")) return;
    const auto* list = array_member(object_, "sids");
    if (list == nullptr) return refuse();
    for (const json::value& item : *list) {
      if (!item.is_int64()) return refuse();
      command_.sids.push_back(item.get_int64());
    }
  }

  bool flag(std::string_view key) {
    if (!has(key)) return false;
    const auto value = bool_member(object_, key);
    if (!value) refuse();
    return value.value_or(false);
  }

  const json::object& object_;
  Command& command_;
};

}  // namespace

std::string_view error_text(WsError code) {
  switch (code) {
    case WsError::kNone:
      return "";
    case WsError::kCannotProcess:
      return "Unable to process message";
    case WsError::kParamsMissing:
      return "Params required";
    case WsError::kChannelsMissing:
      return "Channels required";
    case WsError::kSidsMissing:
      return "Subscription IDs required";
    case WsError::kUnknownCommand:
      return "Unknown command";
    case WsError::kUnknownSid:
      return "Unknown subscription ID";
    case WsError::kUnknownChannel:
      return "Unknown channel name";
    case WsError::kChannelError:
      return "Channel error";
    case WsError::kInvalidParameter:
      return "Invalid parameter";
    case WsError::kOneSidRequired:
      return "Exactly one subscription ID required";
    case WsError::kUnsupportedAction:
      return "Unsupported action";
    case WsError::kTickerRequired:
      return "Market Ticker required";
    case WsError::kActionRequired:
      return "Action required";
    case WsError::kInternal:
      return "Internal error";
    case WsError::kCommandTimeout:
      return "Command timeout";
    case WsError::kOverflow:
      return "Subscription buffer overflow";
    case WsError::kMarketLimit:
      return "Subscription market limit exceeded";
    case WsError::kTooManyRequests:
      return "Too many requests";
    case WsError::kMarketsNotFound:
      break;
  }
  return "Markets not found";
}

Command parse_command(std::string_view text) {
  Command command;
  json::error_code error;
  const json::value document = json::parse({text.data(), text.size()}, error);
  const auto* object = error ? nullptr : document.if_object();
  if (object == nullptr) {
    command.fault = WsError::kCannotProcess;
    return command;
  }
  command.id = int_member(*object, "id").value_or(0);
  command.cmd = text_member(*object, "cmd").value_or("");
  if (const auto* params = object_member(*object, "params")) {
    command.has_params = true;
    Params(*params, command).read();
  }
  return command;
}

}  // namespace kd::sim
