#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "api/signer.h"
#include "base/expected.h"
#include "base/log.h"
#include "metrics/registry.h"

namespace kd {

// GET requests to the exchange's REST interface: signed, within the read budget, repeated where
// that can help. Blocking; confined to one thread.
//
// Errors: kGiveUp for 401 and 403 (credentials), kDropItem for 400 and 404; when all tries failed
// kRetry after an answer and kReconnect without one. Texts name host, path and status, never a
// header.
class RestClient {
 public:
  struct Options {
    std::string base_url;  // with /trade-api/v2, no trailing slash
    std::string ca_file;   // a further trusted authority (PEM)
    std::chrono::milliseconds timeout{30'000};
    int max_retries = 3;
    std::chrono::milliseconds retry_backoff{1'000};
    double tokens_per_second = 200;  // this process's share of the read budget
    double bucket_capacity = 600;
  };
  // `signer` may be null: requests are then sent without credentials.
  RestClient(Options options, std::shared_ptr<const Signer> signer, MetricsRegistry& metrics,
             Logger log);
  ~RestClient();
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  // `path` is below the base URL and starts with '/': "/markets?limit=1000". `endpoint` is its
  // name in metrics: "/markets". The body of a 200.
  Expected<std::string> get(std::string_view endpoint, const std::string& path,
                            const std::stop_token& stop);

  // A budget learnt from the exchange.
  void set_budget(double tokens_per_second, double bucket_capacity);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For a query: everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string percent_encode(std::string_view text);

}  // namespace kd
