#include "market/market_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/rest_decoder.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

// REST answers are cached for seconds, and clocks differ.
constexpr std::chrono::minutes kOverlap{2};

LifecycleNews news_of(const LifecycleType& type, std::string_view payload) {
  LifecycleNews news{.kinds = type.kind};
  constexpr auto kWithTimes = LifecycleNews::kCreated | LifecycleNews::kCloseMoved;
  if ((type.kind & kWithTimes) == 0) return news;
  const auto times = decode_lifecycle_times(payload);
  const auto seconds = [](const std::optional<Micros>& at) {
    if (!at || to_us(*at) <= 0) return std::uint32_t{0};
    return static_cast<std::uint32_t>(std::min<std::int64_t>(to_us(*at) / 1'000'000, UINT32_MAX));
  };
  news.open_s = seconds(times.open);
  news.close_s = seconds(times.close);
  return news;
}

}  // namespace

Registry::Registry(Options options, Interner& tickers, RestClient& client, Hooks hooks,
                   MetricsRegistry& metrics, Logger log)
    : options_(std::move(options)),
      tickers_(tickers),
      client_(client),
      hooks_(std::move(hooks)),
      log_(std::move(log)),
      metrics_(metrics),
      table_(tickers, options_.rules, hooks_.heard),
      hours_(options_.status_interval),
      plan_(options_.reconcile_interval) {}

Registry::~Registry() {
  thread_ = {};
  queue_->close();
}

void Registry::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Registry::request_stop() { thread_.request_stop(); }

void Registry::on_lifecycle(std::string_view ticker, std::string_view event_type,
                            std::string_view payload, bool /*combo*/) {
  const auto& type = lifecycle_type(event_type);
  metrics_.count_event(type);
  if (type.kind == 0 || !options_.rules.wants(ticker, Channel::kOrderbook)) return;
  if (inbox_.put(tickers_.intern(ticker), news_of(type, payload))) queue_->wake();
}

void Registry::reconcile_soon() {
  hurry_ = true;
  queue_->wake();
}

void Registry::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    step();
    for (const auto& task : queue_->wait(wake_at(), stop)) task();
  }
}

void Registry::step() {
  const auto at = Clock::now();
  take_news();
  if (hurry_.exchange(false)) plan_.hurry();
  {
    const MutexLock lock(mutex_);
    table_.on_time(now());
  }
  publish();
  ask_housekeeping(at);
  begin_run(at);
  ask_pages(at);
  ask_look_ups(at);
  show();
}

Registry::Clock::time_point Registry::wake_at() {
  const auto at = Clock::now();
  auto until = at + 1min;
  if (!refused_) until = std::min(until, plan_.wake_at());
  if (answered_) {
    until = std::min({until, hours_.next_status(), next_limits_, next_schedule_});
    if (run_ != nullptr) until = std::min(until, run_->walk.wake_at().value_or(until));
    if (look_ups_under_way_ < kLookUpsAtOnce) {
      until = std::min(until, look_ups_.wake_at().value_or(until));
    }
  }
  const MutexLock lock(mutex_);
  const auto next = table_.next_time();
  return next ? std::min(until, at + std::max<Micros::duration>(*next - now(), 0s)) : until;
}

// The exchange's clock where ours is plainly wrong: planned opens and closes are its own.
Micros Registry::now() const {
  const auto ours = wall_now();
  const auto theirs = client_.exchange_now();
  return theirs && std::chrono::abs(*theirs - ours) > 2s ? *theirs : ours;
}

void Registry::ask(RestRequest request, Answered answered) {
  client_.ask(std::move(request), [queue = queue_,
                                   answered = std::move(answered)](Expected<RestAnswer> answer) {
    queue->post([answered, kept = std::make_shared<Expected<RestAnswer>>(std::move(answer))] {
      answered(*kept);
    });
  });
}

void Registry::begin_run(Clock::time_point at) {
  if (refused_) return;
  const auto kind = plan_.next(at);
  if (kind == ReconcilePlan::Kind::kNothing) return;
  const bool full = kind == ReconcilePlan::Kind::kFullWalk;
  if (full) {
    const MutexLock lock(mutex_);
    table_.begin_walk();
  }
  const auto since = reconciled_.value_or(now()) - kOverlap;
  auto filters = full ? full_walk_filters(options_.rules)
                      : increment_filters(options_.rules, to_us(since) / 1'000'000);
  run_ = std::make_unique<Run>(Run{.walk = Walk(std::move(filters), options_.page_size),
                                   .full = full,
                                   .began = at,
                                   .began_wall = now()});
  metrics_.running.set(1);
}

void Registry::ask_pages(Clock::time_point now) {
  if (run_ == nullptr) return;
  const auto priority = !run_->full     ? RestPriority::kReconcile
                        : !walked_once_ ? RestPriority::kFirstWalk
                                        : RestPriority::kLaterWalk;
  while (auto page = run_->walk.next(now)) {
    ask({.endpoint = "/markets", .path = std::move(page->path), .priority = priority},
        [this, list = page->list](const auto& answer) { on_page(list, answer); });
    if (!answered_) return;  // a single request finds out whether we are welcome
  }
}

void Registry::on_page(std::size_t list, const Expected<RestAnswer>& answer) {
  answered_ = answered_ || answer || answer.error().remedy != Remedy::kReconnect;
  auto page = answer ? decode_markets_page(answer->body) : tl::unexpected(answer.error());
  if (!page) {
    // What is no list of markets may be one the next time.
    on_page_failed(list, answer ? Error{Remedy::kRetry, page.error().what} : page.error());
  } else {
    for (const auto& problem : page->unreadable) {
      metrics_.errors("/markets").add();
      log_.error("a listed market cannot be read and is not recorded", {kv("error", problem)});
    }
    const MutexLock lock(mutex_);
    const auto source = run_->full ? MarketTable::Source::kWalk : MarketTable::Source::kIncrement;
    table_.on_markets(page->markets, source, now());
    run_->walk.on_page(list, page->cursor, page->markets.empty() && page->unreadable.empty());
  }
  publish();
  if (run_->walk.over()) end_run();
}

void Registry::on_page_failed(std::size_t list, const Error& error) {
  metrics_.errors("/markets").add();
  const bool refused = error.remedy == Remedy::kGiveUp;
  if (!refused_ && ((refused && !walked_once_) || !answered_)) {
    refused_ = true;
    hooks_.refused(error);
  }
  log_.error("a page of the list of markets is missing", {kv("error", error.what)});
  run_->walk.on_failed(list, refused_ ? Remedy::kDropItem : error.remedy, Clock::now(), random_());
}

void Registry::end_run() {
  const auto ended = std::exchange(run_, nullptr);
  metrics_.running.set(0);
  metrics_.seconds.observe(std::chrono::duration<double>(Clock::now() - ended->began).count());
  if (ended->full) {
    end_walk(*ended);
  } else {
    if (ended->walk.complete()) reconciled_ = ended->began_wall;
    plan_.on_increment_end();
  }
}

void Registry::end_walk(const Run& ended) {
  if (!ended.walk.complete()) {
    log_.error("the list of markets is incomplete; nothing is let go because of it",
               {kv("pages", ended.walk.pages())});
    return plan_.on_walk_broken(Clock::now(), random_());
  }
  plan_.on_walk_end(ended.walk.pages(), client_.tokens_per_second());
  bool believed = false;
  {
    const MutexLock lock(mutex_);
    believed = table_.on_walk_end();
  }
  if (!believed) {
    return log_.error("the list of markets misses most of those we know; none is let go for it",
                      {kv("pages", ended.walk.pages())});
  }
  reconciled_ = ended.began_wall;
  metrics_.last_sync.set(static_cast<double>(to_us(wall_now())) / 1e6);
  publish();
  if (!walked_once_.exchange(true)) {
    log_.info("markets known", {kv("markets", markets_.load()), kv("pages", ended.walk.pages())});
  }
}

void Registry::take_news() {
  const auto items = inbox_.take();
  if (items.empty()) return;
  const MutexLock lock(mutex_);
  const auto at = now();
  for (const auto& item : items) table_.on_news(item.id, item.news, at);
}

void Registry::publish() {
  MarketTable::Changes changes;
  {
    const MutexLock lock(mutex_);
    changes = table_.take();
    markets_ = table_.size();
    metrics_.active.set(static_cast<double>(table_.open()));
  }
  metrics_.markets.set(static_cast<double>(markets_.load()));
  const auto at = Clock::now();
  for (const auto id : changes.announced) look_ups_.add(id, true, at);
  for (const auto id : changes.unsure) look_ups_.add(id, false, at);
  if (!changes.wanted.empty()) hooks_.wanted(changes.wanted);
  if (!changes.open.empty()) hooks_.open(changes.open);
}

void Registry::show() {
  metrics_.maintenance.set(hours_.in_maintenance(now()) ? 1 : 0);
  const MutexLock lock(mutex_);
  const auto seen = table_.unknown_statuses();
  metrics_.unknown_statuses.add(static_cast<double>(seen - unknown_statuses_));
  unknown_statuses_ = seen;
}

}  // namespace kd
