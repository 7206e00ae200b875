#include "api/rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include "api/retry_policy.h"
#include "api/transfers.h"
#include "base/mutex.h"
#include "codec/rest_decoder.h"
#include "net/ws_client.h"

namespace kd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kNoOffset = INT64_MIN;

const std::vector<double>& duration_buckets() {
  static const std::vector<double> buckets = {.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30};
  return buckets;
}

Remedy remedy_for(int status) {
  if (status == 0) return Remedy::kReconnect;
  if (status == 401 || status == 403) return Remedy::kGiveUp;
  if (status >= 400 && status < 500 && status != 429) return Remedy::kDropItem;
  return Remedy::kRetry;
}

bool is_json(const Transfers::Result& result) {
  return result.content_type.find("json") != std::string::npos;
}

bool is_answer(const Transfers::Result& result, const RestRequest& request) {
  if (!is_json(result)) return false;
  const bool down = result.status == 500 || result.status == 503 || result.status == 504;
  return result.status == 200 || (request.accept_5xx && down) ||
         (request.accept_404 && result.status == 404);
}

std::string what_happened(const Transfers::Result& result) {
  if (result.status == 0) return result.problem;
  if (is_json(result)) return fmt::format("HTTP {} ({})", result.status, error_text(result.body));
  return fmt::format("HTTP {} ({}, no JSON)", result.status,
                     result.content_type.empty() ? "no content type" : result.content_type);
}

std::int64_t steady_us(Clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

struct RestClient::Impl {
  Impl(Options o, std::shared_ptr<const Signer> s, MetricsRegistry& m, Logger l);

  struct Job {
    RestRequest request;
    Done done;
    RetryPolicy retries;
    int refusals = 0;  // answers 429
  };
  bool take(Job& job);  // false, and `job` is left as it is: we stop
  void run(const std::stop_token& stop);
  void take_new();
  void send();
  std::chrono::milliseconds nap() const;
  void finish(Transfers::Result result);
  void measure(const RestRequest& request, const Transfers::Result& result);
  void fail_all();

  const Options options;
  const std::shared_ptr<const Signer> signer;
  MetricsRegistry& metrics;
  const Logger log;
  Gauge& tokens;
  Gauge& refused;
  std::string base_path;
  std::atomic<std::int64_t> clock_offset_us{kNoOffset};  // exchange minus steady clock
  std::atomic<double> rate;

  Mutex mutex;
  std::vector<Job> new_jobs KD_GUARDED_BY(mutex);
  std::optional<TokenBucket::Options> new_budget KD_GUARDED_BY(mutex);
  bool stopped KD_GUARDED_BY(mutex) = false;

  // The thread's own.
  Transfers transfers;
  ReadBudget budget;
  ReadBudget::Ticket last_ticket = 0;
  std::unordered_map<ReadBudget::Ticket, Job> jobs;
  std::multimap<Clock::time_point, ReadBudget::Ticket> pausing;  // until the next try
  std::mt19937_64 random{std::random_device{}()};
  std::map<std::pair<std::string, int>, std::pair<Counter*, Histogram*>> series;

  std::jthread thread;
};

RestClient::Impl::Impl(Options o, std::shared_ptr<const Signer> s, MetricsRegistry& m, Logger l)
    : options(std::move(o)),
      signer(std::move(s)),
      metrics(m),
      log(std::move(l)),
      tokens(m.gauge("rest_tokens_available", "read tokens left in our own bucket")),
      refused(m.gauge("rest_credentials_refused", "1 while the exchange refuses our credentials")),
      rate(options.tokens_per_second),
      transfers({.ca_file = options.ca_file, .max_connections = 24}),
      budget({.refill_per_second = options.tokens_per_second, .capacity = options.bucket_capacity},
             Clock::now()) {
  UrlParts parts;
  if (split_url(options.base_url, parts)) base_path = parts.path;
}

bool RestClient::Impl::take(Job& job) {
  const MutexLock lock(mutex);
  if (!stopped) new_jobs.push_back(std::move(job));
  return !stopped;
}

void RestClient::Impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    take_new();
    send();
    for (auto& result : transfers.run(nap())) finish(std::move(result));
  }
  fail_all();
}

void RestClient::Impl::take_new() {
  std::vector<Job> arrived;
  {
    const MutexLock lock(mutex);
    arrived.swap(new_jobs);
    if (new_budget) budget.configure(*new_budget, Clock::now());
    new_budget.reset();
  }
  for (auto& job : arrived) {
    budget.wait(++last_ticket, job.request.priority);
    jobs.emplace(last_ticket, std::move(job));
  }
}

void RestClient::Impl::send() {
  const auto now = Clock::now();
  for (auto due = pausing.begin(); due != pausing.end() && due->first <= now;
       due = pausing.erase(due)) {
    budget.wait(due->second, jobs.at(due->second).request.priority);
  }
  while (transfers.under_way() < options.max_under_way) {
    const auto ticket = budget.next(now);
    if (!ticket) break;
    const auto& request = jobs.at(*ticket).request;
    Transfers::Call call{.id = *ticket,
                         .url = options.base_url + request.path,
                         .headers = {},
                         .timeout = request.timeout.value_or(options.timeout)};
    if (signer != nullptr) {
      call.headers = signer->headers("GET", base_path + request.path, wall_now());
    }
    transfers.start(call);
  }
  tokens.set(budget.available(now));
  refused.set(budget.refused() ? 1 : 0);
}

std::chrono::milliseconds RestClient::Impl::nap() const {
  constexpr std::chrono::milliseconds kLongest{1'000};
  const auto now = Clock::now();
  auto until = now + kLongest;
  if (transfers.under_way() < options.max_under_way) {
    if (const auto next = budget.next_at(now)) until = std::min(until, *next);
  }
  if (!pausing.empty()) until = std::min(until, pausing.begin()->first);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - now),
                  std::chrono::milliseconds(0));
}

void RestClient::Impl::finish(Transfers::Result result) {
  auto found = jobs.find(result.id);
  auto& job = found->second;
  measure(job.request, result);
  budget.answered(result.status, Clock::now());
  if (result.server_date) {
    constexpr std::chrono::milliseconds kHalfASecond{500};  // the header is cut to the second
    clock_offset_us = to_us(*result.server_date + kHalfASecond) - steady_us(Clock::now());
  }
  if (is_answer(result, job.request)) {
    const auto done = std::move(job.done);
    jobs.erase(found);
    done(RestAnswer{.body = std::move(result.body),
                    .status = result.status,
                    .requested = result.requested,
                    .received = result.received});
    return;
  }
  constexpr int kRefusals = 3;
  if (result.status == 429 && ++job.refusals <= kRefusals) {
    budget.wait(result.id, job.request.priority);
    return;
  }
  // A 200 without JSON comes from the edge, like a 502.
  const int status = result.status == 200 ? 502 : result.status;
  const auto what = fmt::format("GET {}{}: {}", options.base_url, job.request.path.substr(0, 200),
                                what_happened(result));
  const auto decision = job.retries.after({.status = status}, random());
  if (decision.again) {
    log.warn("request failed, trying again", {kv("error", what)});
    pausing.emplace(Clock::now() + decision.wait, result.id);
    return;
  }
  const auto done = std::move(job.done);
  jobs.erase(found);
  done(fail(remedy_for(status), what));
}

void RestClient::Impl::measure(const RestRequest& request, const Transfers::Result& result) {
  auto& [count, seconds] = series[{request.endpoint, result.status}];
  if (count == nullptr) {
    const Labels labels{{"endpoint", request.endpoint},
                        {"status", result.status == 0 ? "none" : std::to_string(result.status)}};
    count = &metrics.counter("rest_requests_total", "REST requests by endpoint and status", labels);
    seconds = &metrics.histogram("rest_request_duration_seconds", "request to answer",
                                 duration_buckets(), labels);
  }
  count->add();
  seconds->observe(std::chrono::duration<double>(result.received - result.requested).count());
}

void RestClient::Impl::fail_all() {
  std::vector<Job> left;
  {
    const MutexLock lock(mutex);
    stopped = true;
    left.swap(new_jobs);
  }
  for (auto& [ticket, job] : jobs) left.push_back(std::move(job));
  jobs.clear();
  for (const auto& job : left) job.done(fail(Remedy::kRetry, "stopping"));
}

RestClient::RestClient(Options options, std::shared_ptr<const Signer> signer,
                       MetricsRegistry& metrics, Logger log)
    : impl_(
          std::make_unique<Impl>(std::move(options), std::move(signer), metrics, std::move(log))) {
  impl_->thread =
      std::jthread([self = impl_.get()](const std::stop_token& stop) { self->run(stop); });
}

RestClient::~RestClient() {
  impl_->thread.request_stop();
  impl_->transfers.wake();
  impl_->thread.join();
}

void RestClient::ask(RestRequest request, Done done) {
  const RetryPolicy retries(request.max_retries.value_or(impl_->options.max_retries),
                            impl_->options.retry_backoff);
  Impl::Job job{std::move(request), std::move(done), retries};
  if (impl_->take(job)) {
    impl_->transfers.wake();
  } else {
    job.done(fail(Remedy::kRetry, "stopping"));
  }
}

Expected<RestAnswer> RestClient::get(RestRequest request, const std::stop_token& stop) {
  struct Waiting {
    Mutex mutex;
    CondVar wake;
    std::optional<Expected<RestAnswer>> answer KD_GUARDED_BY(mutex);
  };
  const auto waiting = std::make_shared<Waiting>();  // outlives a caller that stops
  ask(std::move(request), [waiting](Expected<RestAnswer> answer) {
    const MutexLock lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->wake.notify_one();
  });
  const MutexLock lock(waiting->mutex);
  waiting->wake.wait(waiting->mutex, stop, [&waiting]() KD_REQUIRES(waiting->mutex) {
    return waiting->answer.has_value();
  });
  auto answer = std::exchange(waiting->answer, std::nullopt);
  if (!answer) return fail(Remedy::kRetry, "stopping");
  return *std::move(answer);
}

Expected<std::string> RestClient::get(std::string_view endpoint, const std::string& path,
                                      const std::stop_token& stop) {
  KD_TRY(auto answer, get({.endpoint = std::string(endpoint), .path = path}, stop));
  return std::move(answer.body);
}

void RestClient::set_budget(double tokens_per_second, double bucket_capacity) {
  impl_->rate = tokens_per_second;
  const MutexLock lock(impl_->mutex);
  impl_->new_budget = {.refill_per_second = tokens_per_second, .capacity = bucket_capacity};
}

double RestClient::tokens_per_second() const { return impl_->rate; }

std::optional<Micros> RestClient::exchange_now() const {
  const auto offset = impl_->clock_offset_us.load();
  if (offset == kNoOffset) return std::nullopt;
  return micros_from_us(offset + steady_us(Clock::now()));
}

}  // namespace kd
