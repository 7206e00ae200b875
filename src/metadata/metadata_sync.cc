#include "metadata/metadata_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr auto kLeadershipPoll = 500ms;
constexpr auto kClockError = 5s;
constexpr auto kOverlap = 60s;  // of two increments: the exchange's own lists may lag
constexpr int kTriesOfPage = 12;
constexpr std::size_t kRemembered = 100'000;  // names

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double unix_seconds(Micros at) { return static_cast<double>(to_us(at)) / 1e6; }

Error stopping() { return {Remedy::kRetry, "stopping"}; }

}  // namespace

MetadataSync::MetadataSync(Options options, RestClient& client, MetricsRegistry& metrics,
                           Logger log)
    : options_(std::move(options)),
      client_(client),
      log_(std::move(log)),
      metrics_(metrics),
      plan_(options_.interval, options_.full_interval) {}

MetadataSync::~MetadataSync() { stop(); }

void MetadataSync::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void MetadataSync::request_stop() { thread_.request_stop(); }

void MetadataSync::stop() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void MetadataSync::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (options_.leads()) {
      step(stop);
    } else {
      if (walk_) break_walk({Remedy::kRetry, "another process leads now"});
      store_.reset();
    }
    wait(stop);
  }
  store_.reset();
}

void MetadataSync::wait(const std::stop_token& stop) {
  auto until = Clock::now() + kLeadershipPoll;
  if (options_.leads()) {
    until = std::min(until, plan_.wake_at());
    if (walk_) until = std::min(until, walk_->not_before);
  }
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, stop, until, [] { return false; });
}

bool MetadataSync::may_go_on(const std::stop_token& stop) const {
  return !stop.stop_requested() && options_.leads();
}

Micros MetadataSync::exchange_now() const { return client_.exchange_now().value_or(wall_now()); }

// The exchange tells its time in whole seconds: ours, unless it is clearly wrong, since a version
// that is dated ahead would stay the latest.
Micros MetadataSync::seen_now() const {
  const auto ours = wall_now();
  const auto theirs = client_.exchange_now().value_or(ours);
  return std::chrono::abs(ours - theirs) > kClockError ? theirs : ours;
}

void MetadataSync::step(const std::stop_token& stop) {
  const auto next = plan_.next(Clock::now());
  if (next == SyncPlan::Kind::kFullWalk) begin_walk();
  if (next == SyncPlan::Kind::kIncrement) increment(stop);
  if (walk_ && Clock::now() >= walk_->not_before) walk_page(stop);
  if (!walk_) store_.reset();
}

void MetadataSync::begin_walk() {
  walk_ = std::make_unique<Walk>(
      Walk{.lists = ListReader(full_lists(options_.pages)), .began = seen_now()});
  metrics_.walk_running.set(1);
  auto ready = open();
  if (ready) ready = store_->begin_walk();
  if (!ready) {
    metrics_.database_errors.add();
    return break_walk(ready.error());
  }
  log_.info("reads all series, events and markets");
}

void MetadataSync::walk_page(const std::stop_token& stop) {
  const auto list = walk_->lists.list();
  const auto page =
      read(list.kind, list.endpoint, walk_->lists.path(), RestPriority::kLaterWalk, stop);
  if (!page) return on_walk_page_failed(page.error());
  if (auto taken = take_walk_page(list, *page); !taken) {
    metrics_.database_errors.add();
    return store_->usable() ? on_walk_page_failed(taken.error()) : break_walk(taken.error());
  }
  walk_->failures = 0;
  walk_->lists.on_page(page->rows.cursor, page->rows.ends.empty());
  constexpr std::size_t kTellEvery = 100;
  if (walk_->lists.pages() % kTellEvery == 0) {
    log_.info("reads on", {kv("list", list.endpoint), kv("pages", walk_->lists.pages()),
                           kv("markets", walk_->markets)});
  }
  if (walk_->lists.over()) end_walk(stop);
}

void MetadataSync::on_walk_page_failed(const Error& error) {
  const bool hopeless = error.remedy == Remedy::kDropItem || error.remedy == Remedy::kGiveUp;
  if (hopeless || ++walk_->failures >= kTriesOfPage) return break_walk(error);
  Backoff backoff({.initial = 1s, .max = 30s});
  for (int i = 1; i < walk_->failures; ++i) backoff.next(0);
  walk_->not_before = Clock::now() + backoff.next(random_());
}

Expected<void> MetadataSync::take_walk_page(const MetadataList& list, const Page& page) {
  KD_DO(apply(list.kind, page, false));
  if (list.kind != MetadataKind::kMarkets) return {};
  auto listed = page.rows.tickers;
  for (const auto& entry : page.rows.unreadable) {
    if (!entry.ticker.empty()) listed.push_back(entry.ticker);
  }
  walk_->markets += static_cast<std::int64_t>(listed.size());
  return store_->note_listed(listed);
}

void MetadataSync::end_walk(const std::stop_token& stop) {
  if (auto looked = look_up_missing(stop); !looked) {
    log_.warn("what the lists miss could not be looked up; the next walk does it",
              {kv("error", looked.error().what)});
  }
  const auto lasted =
      std::chrono::ceil<std::chrono::microseconds>(Clock::now() - walk_->began_clock);
  read_until_ = std::max(read_until_, exchange_now() - lasted);
  metrics_.last_walk.set(unix_seconds(wall_now()));
  metrics_.walk_duration.observe(seconds_since(walk_->began_clock));
  metrics_.walk_running.set(0);
  log_.info("has read all series, events and markets",
            {kv("markets", walk_->markets), kv("requests", walk_->requests),
             kv("seconds", fmt::format("{:.1f}", seconds_since(walk_->began_clock)))});
  plan_.on_walk_end(walk_->requests, client_.tokens_per_second());
  walk_.reset();
}

void MetadataSync::break_walk(const Error& error) {
  log_.warn("reading all metadata broke off; it begins again",
            {kv("pages", walk_->lists.pages()), kv("error", error.what)});
  metrics_.walk_running.set(0);
  plan_.on_walk_broken(Clock::now(), random_());
  walk_.reset();
  store_.reset();
}

void MetadataSync::increment(const std::stop_token& stop) {
  const auto began = exchange_now();
  const auto since = std::chrono::floor<std::chrono::seconds>(read_until_) - kOverlap;
  if (auto done = read_increment(since.time_since_epoch().count(), stop); !done) {
    if (stop.stop_requested()) return;
    log_.warn("changes of metadata could not be read; the next try includes them",
              {kv("error", done.error().what)});
    if (!store_ || !store_->usable()) {
      metrics_.database_errors.add();
      if (walk_) break_walk(done.error());
      store_.reset();
    }
    return;
  }
  read_until_ = began;
  metrics_.last_increment.set(unix_seconds(wall_now()));
}

Expected<void> MetadataSync::read_increment(std::int64_t since_s, const std::stop_token& stop) {
  KD_DO(open());
  for (ListReader lists(increment_lists(options_.pages, since_s)); !lists.over();) {
    if (!may_go_on(stop)) return tl::unexpected(stopping());
    const auto list = lists.list();
    KD_TRY(const auto page,
           read(list.kind, list.endpoint, lists.path(), RestPriority::kReconcile, stop));
    KD_DO(apply(list.kind, page, false));
    lists.on_page(page.rows.cursor, page.rows.ends.empty());
  }
  KD_DO(look_up_due(stop));
  KD_DO(look_up_placeholders(MetadataKind::kEvents, stop));
  return look_up_placeholders(MetadataKind::kSeries, stop);
}

Expected<RestAnswer> MetadataSync::get(const std::string& endpoint, const std::string& path,
                                       RestPriority priority, const std::stop_token& stop) {
  if (walk_) ++walk_->requests;
  auto answer = client_.get(
      {.endpoint = endpoint, .path = path, .priority = priority, .accept_404 = true}, stop);
  if (!answer && !stop.stop_requested()) metrics_.rest_errors.add();
  return answer;
}

Expected<MetadataSync::Page> MetadataSync::read(MetadataKind kind, const std::string& endpoint,
                                                const std::string& path, RestPriority priority,
                                                const std::stop_token& stop) {
  KD_TRY(const auto answer, get(endpoint, path, priority, stop));
  if (answer.status != 200) {
    return fail(Remedy::kRetry, fmt::format("{}: HTTP status {}", endpoint, answer.status));
  }
  auto rows = decode_metadata_page(kind, answer.body);
  if (!rows) {
    metrics_.rest_errors.add();
    return fail(Remedy::kRetry, endpoint + ": " + rows.error().what);
  }
  return Page{*std::move(rows), seen_now()};
}

Expected<void> MetadataSync::open() {
  if (store_) return {};
  auto connect = options_.production;
  connect.idle_session_timeout = 10min;  // a stopped process does not hold the lock for ever
  connect.idle_in_transaction_timeout = 1min;
  KD_TRY(store_, MetadataStore::open(connect));
  return {};
}

Expected<void> MetadataSync::apply(MetadataKind kind, const Page& page, bool historical) {
  const auto start = Clock::now();
  tell_unknown(kind, page.rows);
  KD_TRY(auto outcome, store_->apply(kind, page.rows, page.seen_at, historical));
  auto& refused = outcome.refused;
  refused.insert(refused.end(), page.rows.unreadable.begin(), page.rows.unreadable.end());
  KD_DO(set_aside(kind, refused, page.seen_at));
  metrics_.on_versions(kind, outcome.versions);
  metrics_.on_page(kind, page.rows, seconds_since(start));
  return {};
}

Expected<void> MetadataSync::set_aside(MetadataKind kind,
                                       const std::vector<MetadataRows::Unreadable>& entries,
                                       Micros at) {
  metrics_.on_refused(kind, entries.size());
  std::vector<MetadataRows::Unreadable> fresh;
  std::unordered_set<std::string> names;
  for (const auto& entry : entries) {
    if (set_aside_.size() + names.size() >= kRemembered) break;
    auto name = fmt::format("{} {} {}", name_of(kind), entry.ticker, entry.reason);
    if (set_aside_.contains(name) || !names.insert(std::move(name)).second) continue;
    fresh.push_back(entry);
  }
  KD_DO(store_->quarantine(kind, fresh, at));
  set_aside_.merge(names);
  for (const auto& entry : fresh) {
    log_.warn("cannot be stored exactly: quarantined",
              {kv("table", name_of(kind)), kv("ticker", entry.ticker), kv("why", entry.reason)});
  }
  return {};
}

void MetadataSync::tell_unknown(MetadataKind kind, const MetadataRows& rows) {
  const auto tell = [&](std::string_view what, const std::string& name) {
    if (told_.size() >= kRemembered) return;
    if (!told_.insert(fmt::format("{} {} {}", name_of(kind), what, name)).second) return;
    log_.warn("the exchange sends what we do not know",
              {kv("table", name_of(kind)), kv("what", what), kv("name", name)});
  };
  for (const auto& field : rows.unknown_fields) tell("field", field);
  for (const auto& status : rows.unknown_statuses) tell("status", status);
}

}  // namespace kd
