#include "support/scripted_books.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kd {
namespace {

std::string field(std::string_view text, std::string_view key) {
  const auto at = text.find(fmt::format("\"{}\":", key));
  if (at == std::string_view::npos) return {};
  auto from = at + key.size() + 3;
  if (text[from] == '"') ++from;
  return std::string(text.substr(from, text.find_first_of(",\"}", from) - from));
}

std::vector<std::string> tickers_of(std::string_view text) {
  std::vector<std::string> tickers;
  const auto at = text.find("\"market_tickers\":[");
  if (at == std::string_view::npos) return tickers;
  auto list = text.substr(at + 18, text.find(']', at) - at - 18);
  while (!list.empty()) {
    const auto end = list.find('"', 1);
    tickers.emplace_back(list.substr(1, end - 1));
    list.remove_prefix(std::min(list.size(), end + 2));
  }
  return tickers;
}

}  // namespace

ScriptedBooks::ScriptedBooks(bool deflate)
    : exchange_({.rest = {},
                 .on_text = [this](auto& socket, std::string_view text) { on_text(socket, text); },
                 .deflate = deflate,
                 .on_socket = [this](const auto& socket) { on_socket(socket); }}) {}

void ScriptedBooks::set(Rules rules) {
  exchange_.run([&] { rules_ = std::move(rules); });
}

void ScriptedBooks::on_socket(const std::shared_ptr<ScriptedExchange::Socket>& socket) {
  auto client = std::make_unique<Client>();
  client->number = clients_.size() + 1;
  client->socket = socket;
  clients_.push_back(std::move(client));
}

void ScriptedBooks::on_text(ScriptedExchange::Socket& socket, std::string_view text) {
  const auto at = std::ranges::find_if(
      clients_, [&](const auto& client) { return client->socket.get() == &socket; });
  auto& client = **at;
  const auto action = field(text, "action");
  const auto command = action.empty() ? field(text, "cmd") : action;
  const auto id = std::stoll(field(text, "id"));
  const auto tickers = tickers_of(text);
  note(client, command, tickers);
  if (rules_.dark_socket == client.number) return;
  if (command == "get_snapshot") return ask(client, id, tickers);
  if (command != "delete_markets") return add(client, id, tickers);
  for (const auto& ticker : tickers) client.markets.erase(ticker);
  reply(client,
        fmt::format(R"({{"id":{},"sid":{},"seq":{},"type":"ok"}})", id, client.sid, ++client.seq));
}

void ScriptedBooks::add(Client& client, std::int64_t id, const std::vector<std::string>& tickers) {
  const auto is_new = [&](const std::string& ticker) { return !client.markets.contains(ticker); };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(tickers, is_new));
  if (rules_.limit > 0 && client.markets.size() + count > rules_.limit) {
    return reply(client,
                 fmt::format(R"({{"id":{},"type":"error","msg":{{"code":26,"msg":"full"}}}})", id));
  }
  if (client.sid == 0) {
    client.sid = ++client.last_sid;
    client.seq = 0;
    reply(client,
          fmt::format(
              R"({{"id":{},"type":"subscribed","msg":{{"channel":"orderbook_delta","sid":{}}}}})",
              id, client.sid));
  } else {
    reply(client, fmt::format(R"({{"id":{},"sid":{},"seq":{},"type":"ok"}})", id, client.sid,
                              ++client.seq));
  }
  for (const auto& ticker : tickers) {
    if (!client.markets.insert(ticker).second || rules_.no_snapshot.contains(ticker)) continue;
    snapshot(client, 0, ticker);
  }
}

void ScriptedBooks::ask(Client& client, std::int64_t id, const std::vector<std::string>& tickers) {
  if (rules_.no_get_snapshot) return;
  for (const auto& ticker : tickers) {
    if (!rules_.silent.contains(ticker)) snapshot(client, rules_.echo_id ? id : 0, ticker);
  }
}

void ScriptedBooks::reply(Client& client, const std::string& text) {
  ++replies_;
  const auto nth = rules_.lose_every_nth_reply;
  if (nth > 0 && replies_ % nth == 0) return;
  send(client, text);
}

void ScriptedBooks::send(Client& client, const std::string& text) {
  auto& peer = client.socket->peer;
  if (peer == nullptr || rules_.dark_socket == client.number) return;
  rules_.fragments ? peer->send_in_fragments(text, 7, "heartbeat") : peer->send(text);
}

void ScriptedBooks::snapshot(Client& client, std::int64_t id, const std::string& ticker) {
  note(client, "snapshot", {ticker});
  send(client,
       fmt::format(
           R"({{{}"type":"orderbook_snapshot","sid":{},"seq":{},"msg":{{"market_ticker":"{}"}}}})",
           id == 0 ? "" : fmt::format("\"id\":{},", id), client.sid, ++client.seq, ticker));
}

void ScriptedBooks::each(const std::function<void(Client&)>& what) {
  exchange_.run([&] {
    for (auto& client : clients_) {
      if (client->socket->peer != nullptr && client->sid != 0) what(*client);
    }
  });
}

void ScriptedBooks::skip_seq(std::uint64_t count) {
  each([&](Client& client) { client.seq += count; });
}

void ScriptedBooks::send_delta(const std::string& ticker) {
  each([&](Client& client) {
    send(
        client,
        fmt::format(
            R"({{"type":"orderbook_delta","sid":{},"seq":{},"msg":{{"market_ticker":"{}","price_dollars":"0.4300","delta_fp":"75.00","side":"yes","ts_ms":1795356001234}}}})",
            client.sid, ++client.seq, ticker));
  });
}

void ScriptedBooks::send_error(int code) {
  each([&](Client& client) {
    send(client,
         fmt::format(R"({{"type":"error","sid":{},"seq":{},"msg":{{"code":{},"msg":"ordered"}}}})",
                     client.sid, ++client.seq, code));
    client.sid = 0;
    client.markets.clear();
  });
}

void ScriptedBooks::close(std::uint16_t code) {
  each([&](Client& client) { client.socket->peer->close(code, "ordered"); });
}

void ScriptedBooks::cut() {
  each([](Client& client) { client.socket->peer->abort(); });
}

void ScriptedBooks::cut_one() {
  bool done = false;
  each([&](Client& client) {
    if (!std::exchange(done, true)) client.socket->peer->abort();
  });
}

std::map<std::string, std::size_t> ScriptedBooks::held() {
  std::map<std::string, std::size_t> held;
  each([&](Client& client) {
    for (const auto& market : client.markets) ++held[market];
  });
  return held;
}

std::vector<ScriptedBooks::Line> ScriptedBooks::lines() {
  std::vector<Line> lines;
  exchange_.run([&] { lines = lines_; });
  return lines;
}

std::size_t ScriptedBooks::count(const std::string& what) {
  const auto all = lines();
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const Line& line) { return line.what == what; }));
}

void ScriptedBooks::note(const Client& client, const std::string& what,
                         std::vector<std::string> tickers) {
  lines_.push_back({client.number, what, std::move(tickers), std::chrono::steady_clock::now()});
}

}  // namespace kd
