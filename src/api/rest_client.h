#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "api/read_budget.h"
#include "api/signer.h"
#include "base/expected.h"
#include "base/log.h"
#include "metrics/registry.h"

namespace kd {

struct RestRequest {
  std::string endpoint;  // its name in metrics: "/markets"
  std::string path;      // below the base URL, beginning with '/': "/markets?limit=1000"
  RestPriority priority = RestPriority::kReconcile;
  std::optional<std::chrono::milliseconds> timeout{};  // of one try; absent: the client's
  std::optional<int> max_retries{};                    // absent: the client's
  bool accept_5xx = false;  // a JSON body of 500, 503 or 504 is an answer too (/exchange/status)
  bool accept_404 = false;  // so is one of 404: that there is no such thing is what is asked
};

struct RestAnswer {
  std::string body;  // JSON by its content type
  int status = 200;
  Micros requested{};  // the request that was answered went out …
  Micros received{};   // … and its answer was complete
};

// GET requests to the exchange's REST interface: signed, within one read budget for the whole
// process, by priority, repeated where that can help. Owns a thread that does all of them at once.
// Any thread.
//
// A 429 empties the budget; the request waits for its turn again, a few times, whatever its own
// number of retries.
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
    std::size_t max_under_way = 32;  // requests
  };
  // Called exactly once, on the client's thread: it hands over and does not wait.
  using Done = std::function<void(Expected<RestAnswer>)>;

  // `signer` may be null: requests are then sent without credentials.
  RestClient(Options options, std::shared_ptr<const Signer> signer, MetricsRegistry& metrics,
             Logger log);
  ~RestClient();  // every request not answered yet ends with kRetry, "stopping"
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  void ask(RestRequest request, Done done);

  // The same, waiting for it; not on the client's own thread. When `stop` is asked for, it
  // answers kRetry, "stopping", at once.
  Expected<RestAnswer> get(RestRequest request, const std::stop_token& stop);
  Expected<std::string> get(std::string_view endpoint, const std::string& path,
                            const std::stop_token& stop);

  // A budget learnt from the exchange.
  void set_budget(double tokens_per_second, double bucket_capacity);
  double tokens_per_second() const;

  // The exchange's clock, by the Date header of its latest answer, to about a second. Absent
  // until an answer had one.
  std::optional<Micros> exchange_now() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For a query: everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string percent_encode(std::string_view text);

}  // namespace kd
