#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace kd {

// HTTP GET requests under way, many at once over kept-alive connections (HTTP/2 where the server
// speaks it over TLS). Confined to one thread, but for wake().
class Transfers {
 public:
  struct Options {
    std::string ca_file;  // a further trusted authority (PEM)
    long max_connections = 24;
  };
  struct Call {
    std::uint64_t id = 0;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds timeout{30'000};
  };
  struct Result {
    std::uint64_t id = 0;
    int status = 0;       // 0: no answer
    std::string problem;  // of a request without answer
    std::string content_type;
    std::string body;
    Micros requested{};
    Micros received{};
    std::optional<Micros> server_date;  // its clock as of `received`, to the second
  };

  explicit Transfers(const Options& options);
  ~Transfers();  // abandons what is under way
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void start(const Call& call);
  std::size_t under_way() const;
  // Moves bytes until something ends, wake() is called or the time is over.
  std::vector<Result> run(std::chrono::milliseconds longest);
  void wake();  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
