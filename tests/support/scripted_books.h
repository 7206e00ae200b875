#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/scripted_exchange.h"

namespace kd {

// A ScriptedExchange that sells order books: one subscription per socket, seq, snapshots, and
// whatever misbehaviour a test orders. Books are empty. Any thread.
class ScriptedBooks {
 public:
  struct Rules {
    std::size_t limit = 0;                // markets per subscription; 0: none
    std::size_t dark_socket = 0;          // this one (1 …) answers nothing and sends nothing
    std::set<std::string> no_snapshot{};  // sent none when added
    std::set<std::string> silent{};       // no answer to get_snapshot
    bool no_get_snapshot = false;         // no answer to any
    std::size_t lose_every_nth_reply = 0;
    bool echo_id = true;     // of get_snapshot in its snapshots
    bool fragments = false;  // every message in pieces, with pings between them
  };
  // Something that was said; `socket` counts upgrades from 1.
  struct Line {
    std::size_t socket = 0;
    std::string what;  // subscribe, add_markets, delete_markets, get_snapshot; snapshot
    std::vector<std::string> tickers;
    std::chrono::steady_clock::time_point at;
  };

  explicit ScriptedBooks(bool deflate = false);

  ScriptedExchange& exchange() { return exchange_; }
  void set(Rules rules);

  // On every socket that has a subscription.
  void skip_seq(std::uint64_t count);  // frames are lost
  void send_delta(const std::string& ticker);
  void send_error(int code);  // that ends the subscription
  void close(std::uint16_t code);
  void cut();
  void cut_one();

  // Sockets on which each market is held now.
  std::map<std::string, std::size_t> held();
  std::vector<Line> lines();
  std::size_t count(const std::string& what);

 private:
  struct Client {
    std::size_t number = 0;
    std::shared_ptr<ScriptedExchange::Socket> socket;
    std::int64_t sid = 0;  // 0: no subscription
    std::int64_t last_sid = 0;
    std::uint64_t seq = 0;
    std::set<std::string> markets;
  };
  void on_socket(const std::shared_ptr<ScriptedExchange::Socket>& socket);
  void on_text(ScriptedExchange::Socket& socket, std::string_view text);
  void add(Client& client, std::int64_t id, const std::vector<std::string>& tickers);
  void ask(Client& client, std::int64_t id, const std::vector<std::string>& tickers);
  void reply(Client& client, const std::string& text);
  void send(Client& client, const std::string& text);
  void snapshot(Client& client, std::int64_t id, const std::string& ticker);
  void each(const std::function<void(Client&)>& what);
  void note(const Client& client, const std::string& what, std::vector<std::string> tickers);

  Rules rules_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Line> lines_;
  std::size_t replies_ = 0;
  ScriptedExchange exchange_;
};

}  // namespace kd
