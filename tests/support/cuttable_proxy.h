#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "database/connection.h"

namespace kd {

// A network between a client and a PostgreSQL server that can fail as networks do: cut, it moves
// no byte in either direction, and tells neither side. Connections that are cut stay cut.
class CuttableProxy {
 public:
  explicit CuttableProxy(const ConnectOptions& server);
  ~CuttableProxy();
  CuttableProxy(const CuttableProxy&) = delete;
  CuttableProxy& operator=(const CuttableProxy&) = delete;

  // The same database, through here.
  ConnectOptions through(ConnectOptions options) const;
  void cut() { cut_ = true; }
  // Cuts as soon as so many bytes more have gone to the server.
  void cut_after(std::int64_t bytes) { bytes_left_ = bytes; }
  bool is_cut() const { return cut_; }

 private:
  struct Pair {
    int client;
    int server;
  };

  void run();
  void accept_one();
  // False: the connection has ended.
  bool move(int from, int to, bool to_server);
  void close_pair(const Pair& pair);

  std::filesystem::path directory_;
  std::string server_path_;
  std::string file_name_;
  int listener_ = -1;
  std::vector<Pair> pairs_;
  std::atomic<bool> cut_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> bytes_left_{-1};  // -1: not counted
  std::jthread thread_;                       // last
};

}  // namespace kd
