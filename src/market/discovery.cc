#include "market/discovery.h"

#include <fmt/format.h>

#include "codec/rest_decoder.h"

namespace kd {

Discovery::Discovery(Options options, RestClient& client, Publish publish, Refused refused,
                     MetricsRegistry& metrics, Logger log)
    : options_(options),
      client_(client),
      publish_(std::move(publish)),
      refused_(std::move(refused)),
      log_(std::move(log)),
      total_(metrics.gauge("market_registry_markets_total", "markets known")),
      active_(metrics.gauge("market_registry_active_markets", "markets open for trading")),
      last_sync_(metrics.gauge("market_registry_last_sync_timestamp",
                               "Unix seconds of the last complete walk")),
      errors_(metrics.counter("market_registry_rest_errors_total", "failed REST requests",
                              {{"endpoint", "/markets"}})) {}

Discovery::~Discovery() = default;

void Discovery::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Discovery::request_stop() { thread_.request_stop(); }

void Discovery::announce(std::string ticker) {
  const MutexLock lock(mutex_);
  announced_.push_back(std::move(ticker));
  wake_.notify_one();
}

std::size_t Discovery::markets() const { return markets_.load(); }

void Discovery::run(const std::stop_token& stop) {
  if (options_.learn_budget) learn_budget(stop);
  while (!stop.stop_requested()) {
    if (!walk(stop)) return;
    wait_for_next_walk(stop);
  }
}

void Discovery::learn_budget(const std::stop_token& stop) {
  const auto body = client_.get("/account/limits", "/account/limits", stop);
  if (!body) {
    log_.warn("the account's limits are not known; keeping the smallest tier's",
              {kv("error", body.error().what)});
    return;
  }
  const auto limits = decode_account_limits(*body);
  if (!limits) {
    log_.warn("the account's limits could not be read", {kv("error", limits.error().what)});
    return;
  }
  client_.set_budget(limits->read_refill_rate * options_.read_share,
                     limits->read_bucket_capacity * options_.read_share);
  log_.info("read budget",
            {kv("tier", limits->usage_tier),
             kv("tokens_per_second", limits->read_refill_rate * options_.read_share)});
}

bool Discovery::walk(const std::stop_token& stop) {
  bool complete = true;
  for (const auto* status : {"open", "unopened"}) {
    if (!walk_status(status, stop, complete)) return false;
  }
  if (complete && !stop.stop_requested()) {
    publish(registry_.on_walk_end(wall_now()));
    last_sync_.set(static_cast<double>(to_us(wall_now())) / 1e6);
    if (!walked_once_.exchange(true)) log_.info("markets known", {kv("markets", registry_.size())});
  }
  return true;
}

bool Discovery::walk_status(const std::string& status, const std::stop_token& stop,
                            bool& complete) {
  std::string cursor;
  do {
    take_announced();
    std::string path = fmt::format("/markets?limit={}&status={}", options_.page_size, status);
    if (!cursor.empty()) path += "&cursor=" + percent_encode(cursor);
    const auto body = client_.get("/markets", path, stop);
    if (stop.stop_requested()) return true;
    answered_ = answered_ || body || body.error().remedy != Remedy::kReconnect;
    const bool refused = !body && body.error().remedy == Remedy::kGiveUp;
    if ((refused && !walked_once_) || !answered_) {
      refused_(body.error());
      return false;
    }
    auto page = body ? decode_markets_page(*body) : tl::unexpected(body.error());
    if (!page) {
      errors_.add();
      complete = false;
      log_.error("the list of markets is incomplete; the next walk tries again",
                 {kv("error", page.error().what)});
      return true;
    }
    for (const auto& problem : page->unreadable) {
      errors_.add();
      log_.error("a listed market cannot be read and is not recorded", {kv("error", problem)});
    }
    publish(registry_.on_page(page->markets));
    if (page->markets.empty() && page->cursor == cursor) break;
    cursor = std::move(page->cursor);
  } while (!cursor.empty());
  return true;
}

void Discovery::wait_for_next_walk(const std::stop_token& stop) {
  // A first walk that failed is not left for minutes: nothing would be recorded.
  constexpr std::chrono::milliseconds kSoon{2'000};
  const auto wait = walked_once_.load() ? options_.reconcile_interval
                                        : std::min(options_.reconcile_interval, kSoon);
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!stop.stop_requested()) {
    {
      const MutexLock lock(mutex_);
      if (!wake_.wait_until(mutex_, stop, until,
                            [this]() KD_REQUIRES(mutex_) { return !announced_.empty(); })) {
        return;
      }
    }
    take_announced();
  }
}

void Discovery::take_announced() {
  std::vector<std::string> tickers;
  {
    const MutexLock lock(mutex_);
    tickers.swap(announced_);
  }
  MarketRegistry::Change change;
  for (const auto& ticker : tickers) {
    for (auto& added : registry_.on_created(ticker).added) change.added.push_back(std::move(added));
  }
  publish(change);
}

void Discovery::publish(const MarketRegistry::Change& change) {
  markets_.store(registry_.size());
  total_.set(static_cast<double>(registry_.size()));
  active_.set(static_cast<double>(registry_.active()));
  if (!change.added.empty() || !change.removed.empty()) publish_(change);
}

}  // namespace kd
