#include "api/rest_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>

#include "api/retry_policy.h"
#include "api/token_bucket.h"
#include "codec/rest_decoder.h"
#include "net/ws_client.h"

namespace kd {
namespace {

constexpr double kRequestCost = 10;  // tokens; protocol notes, section 2.9
constexpr long kMaxBodyBytes = 64L << 20;

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > static_cast<std::size_t>(kMaxBodyBytes)) return 0;
  body.append(data, size * count);
  return size * count;
}

// Sleeps, but wakes at once when asked to stop. False: stopped.
bool pause(std::chrono::milliseconds wait, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, wait, [] { return false; });
  return !stop.stop_requested();
}

// Ends a transfer that is under way when we are asked to stop.
int look_at_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

Remedy remedy_for(int status) {
  if (status == 0) return Remedy::kReconnect;
  if (status == 401 || status == 403) return Remedy::kGiveUp;
  if (status >= 400 && status < 500 && status != 429) return Remedy::kDropItem;
  return Remedy::kRetry;
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

struct RestClient::Impl {
  Impl(Options o, std::shared_ptr<const Signer> s, MetricsRegistry& m, Logger l)
      : options(std::move(o)),
        signer(std::move(s)),
        metrics(m),
        log(std::move(l)),
        bucket(
            {.refill_per_second = options.tokens_per_second, .capacity = options.bucket_capacity},
            TokenBucket::Clock::now()),
        tokens(m.gauge("rest_tokens_available", "read tokens left in our own bucket")),
        curl(curl_easy_init(), curl_easy_cleanup) {
    UrlParts parts;
    if (split_url(options.base_url, parts)) base_path = parts.path;
  }

  struct Answer {
    int status = 0;
    std::string body;
    std::string problem;  // of a request without answer
  };
  Answer perform(const std::string& path, const std::stop_token& stop);
  Counter& requests(std::string_view endpoint, int status);

  const Options options;
  const std::shared_ptr<const Signer> signer;
  MetricsRegistry& metrics;
  const Logger log;
  TokenBucket bucket;
  Gauge& tokens;
  std::unique_ptr<CURL, void (*)(CURL*)> curl;
  std::string base_path;
  std::mt19937_64 random{std::random_device{}()};
  std::map<std::pair<std::string, int>, Counter*> counters;
};

RestClient::Impl::Answer RestClient::Impl::perform(const std::string& path,
                                                   const std::stop_token& stop) {
  Answer answer;
  CURL* handle = curl.get();
  curl_easy_reset(handle);
  const std::string url = options.base_url + path;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_at_stop);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stop);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);

  curl_slist* headers = nullptr;
  if (signer != nullptr) {
    for (const auto& [name, value] : signer->headers("GET", base_path + path, wall_now())) {
      headers = curl_slist_append(headers, (name + ": " + value).c_str());
    }
  }
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> owned(headers, curl_slist_free_all);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);

  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    answer.problem = curl_easy_strerror(code);
    return answer;
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

Counter& RestClient::Impl::requests(std::string_view endpoint, int status) {
  auto& counter = counters[{std::string(endpoint), status}];
  if (counter == nullptr) {
    counter = &metrics.counter("rest_requests_total", "REST requests by endpoint and status",
                               {{"endpoint", std::string(endpoint)},
                                {"status", status == 0 ? "none" : std::to_string(status)}});
  }
  return *counter;
}

RestClient::RestClient(Options options, std::shared_ptr<const Signer> signer,
                       MetricsRegistry& metrics, Logger log)
    : impl_(
          std::make_unique<Impl>(std::move(options), std::move(signer), metrics, std::move(log))) {}
RestClient::~RestClient() = default;

Expected<std::string> RestClient::get(std::string_view endpoint, const std::string& path,
                                      const std::stop_token& stop) {
  auto& self = *impl_;
  RetryPolicy policy(self.options.max_retries, self.options.retry_backoff);
  for (;;) {
    const auto now = TokenBucket::Clock::now();
    const auto wait = self.bucket.take(kRequestCost, now);
    self.tokens.set(self.bucket.available(now));
    if (!pause(wait, stop)) return fail(Remedy::kRetry, "stopping");
    auto answer = self.perform(path, stop);
    if (stop.stop_requested()) return fail(Remedy::kRetry, "stopping");
    self.requests(endpoint, answer.status).add();
    if (answer.status == 200) return std::move(answer.body);

    const auto what = fmt::format(
        "GET {}{}: {}", self.options.base_url, path,
        answer.status == 0 ? answer.problem
                           : fmt::format("HTTP {} ({})", answer.status, error_text(answer.body)));
    const auto decision = policy.after({.status = answer.status}, self.random());
    if (!decision.again) return fail(remedy_for(answer.status), what);
    self.log.warn("request failed, trying again", {kv("error", what)});
    if (!pause(decision.wait, stop)) return fail(Remedy::kRetry, "stopping");
  }
}

void RestClient::set_budget(double tokens_per_second, double bucket_capacity) {
  impl_->bucket.configure({.refill_per_second = tokens_per_second, .capacity = bucket_capacity},
                          TokenBucket::Clock::now());
}

}  // namespace kd
