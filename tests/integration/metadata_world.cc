#include "integration/metadata_world.h"

#include <fmt/format.h>

#include "metrics/exposition.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBase = "/trade-api/v2";

HttpResponse json(std::string body) { return {200, "application/json", std::move(body), {}}; }
HttpResponse none() {
  return {404, "application/json", R"({"error":{"code":"not_found","message":"not found"}})", {}};
}

// The value of a query parameter, "" without.
std::string parameter(std::string_view query, const std::string& name) {
  const std::string text = "&" + std::string(query);
  const auto at = text.find("&" + name + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 2;
  return text.substr(begin, text.find('&', begin) - begin);
}

bool wanted(const std::string& ticker, const std::string& list) {
  return list.empty() || ("," + list + ",").find("," + ticker + ",") != std::string::npos;
}

std::string object(const std::string& keys, const std::string& members) {
  return "{" + keys + (members.empty() ? "" : "," + members) + "}";
}

}  // namespace

void Catalog::series(const std::string& ticker, const std::string& members) {
  const MutexLock lock(mutex_);
  series_[ticker] = object(fmt::format(R"("ticker":"{}")", ticker), members);
}

void Catalog::event(const std::string& ticker, const std::string& series,
                    const std::string& members) {
  const MutexLock lock(mutex_);
  events_[ticker] =
      object(fmt::format(R"("event_ticker":"{}","series_ticker":"{}")", ticker, series), members);
}

void Catalog::combo_event(const std::string& ticker, const std::string& series) {
  const MutexLock lock(mutex_);
  combo_events_[ticker] =
      fmt::format(R"({{"event_ticker":"{}","series_ticker":"{}","title":"C"}})", ticker, series);
}

void Catalog::market(const std::string& ticker, const std::string& event, const std::string& status,
                     const std::string& members) {
  const MutexLock lock(mutex_);
  markets_[ticker] = object(
      fmt::format(R"("ticker":"{}","event_ticker":"{}","status":"{}")", ticker, event, status),
      members);
}

void Catalog::remove_market(const std::string& ticker) {
  const MutexLock lock(mutex_);
  markets_.erase(ticker);
}

void Catalog::move_to_history(const std::string& ticker) {
  const MutexLock lock(mutex_);
  history_.insert(markets_.extract(ticker));
}

void Catalog::hide_event(const std::string& ticker) {
  const MutexLock lock(mutex_);
  hidden_events_.insert(events_.extract(ticker));
}

void Catalog::fail(const std::string& part, int status) {
  const MutexLock lock(mutex_);
  failures_[part] = status;
}

void Catalog::heal() {
  const MutexLock lock(mutex_);
  failures_.clear();
}

HttpResponse Catalog::answer(const HttpRequest& request) {
  const MutexLock lock(mutex_);
  for (const auto& [part, status] : failures_) {
    if (request.target.find(part) != std::string::npos) return {status, "text/html", "", {}};
  }
  const auto path = request.path().substr(kBase.size());
  if (path == "/series") return list("series", series_, request.query());
  if (path == "/events") return list("events", events_, request.query());
  if (path == "/events/multivariate") return list("events", combo_events_, request.query());
  if (path == "/markets") return list("markets", markets_, request.query());
  if (path == "/historical/markets") return list("markets", history_, request.query());
  if (path.starts_with("/series/")) return one("series", series_, path.substr(8));
  if (path.starts_with("/events/")) return one("event", hidden_events_, path.substr(8));
  return none();
}

HttpResponse Catalog::list(const std::string& name, const Entries& entries,
                           std::string_view query) const {
  const auto tickers = parameter(query, "tickers");
  const auto limit = parameter(query, "limit");
  const auto after = parameter(query, "cursor");
  std::size_t left = limit.empty() ? entries.size() : std::stoul(limit);
  std::string body, last;
  auto at = after.empty() ? entries.begin() : entries.upper_bound(after);
  for (; at != entries.end() && left > 0; ++at) {
    if (!wanted(at->first, tickers)) continue;
    body += (body.empty() ? "" : ",") + at->second;
    last = at->first;
    --left;
  }
  return json(
      fmt::format(R"({{"{}":[{}],"cursor":"{}"}})", name, body, at == entries.end() ? "" : last));
}

HttpResponse Catalog::one(const std::string& name, const Entries& entries,
                          std::string_view ticker) const {
  const auto found = entries.find(std::string(ticker));
  if (found == entries.end()) return none();
  return json(fmt::format(R"({{"{}":{}}})", name, found->second));
}

MetadataWorld::MetadataWorld()
    : exchange_(std::make_unique<ScriptedExchange>(
          ScriptedExchange::Script{.rest =
                                       [this](const HttpRequest& request) {
                                         if (on_request_) on_request_(request);
                                         return catalog_.answer(request);
                                       },
                                   .upgrade_status = 101,
                                   .on_text = {},
                                   .deflate = false,
                                   .on_socket = {}})),
      database_(shared_cluster().make_database("metadata", SchemaKind::kProduction)),
      client_(std::make_unique<RestClient>(RestClient::Options{.base_url = exchange_->rest_url(),
                                                               .ca_file = {},
                                                               .timeout = 10s,
                                                               .max_retries = 0,
                                                               .retry_backoff = 1ms,
                                                               .tokens_per_second = 1e6,
                                                               .bucket_capacity = 1e6},
                                           nullptr, metrics_, silent_logger())) {}

MetadataWorld::~MetadataWorld() {
  sync_.reset();
  client_.reset();
  exchange_.reset();
}

MetadataSync::Options MetadataWorld::options() {
  return {.production = shared_cluster().options(database_, "deduplicator"),
          .interval = 1h,
          .full_interval = 10ms,
          .pages = {.events = 2, .markets = 2},
          .leads = [] { return true; }};
}

void MetadataWorld::start(MetadataSync::Options options) {
  sync_ = std::make_unique<MetadataSync>(std::move(options), *client_, metrics_, silent_logger());
  sync_->start();
}

void MetadataWorld::walk() {
  const auto ended = [&] { return metric("metadata_sync_walk_duration_seconds_count"); };
  const auto wanted_count = ended() + 2;  // one may be under way
  ASSERT_TRUE(eventually([&] { return ended() >= wanted_count; }));
}

void MetadataWorld::increment() {
  const auto ended = [&] { return metric("metadata_sync_last_increment_timestamp"); };
  for (int i = 0; i < 2; ++i) {
    const auto before = ended();
    ASSERT_TRUE(eventually([&] { return ended() > before; }));
  }
}

std::string MetadataWorld::sql(const std::string& statement, const std::string& user) {
  return scalar(*shared_cluster().connect(database_, user), statement);
}

double MetadataWorld::metric(const std::string& name, const Labels& labels) const {
  return Exposition::parse(metrics_.scrape())->sum(name, labels).value_or(0);
}

std::size_t MetadataWorld::asked(const std::string& part) const {
  std::size_t count = 0;
  for (const auto& request : exchange_->requests()) {
    if (request.find(part) != std::string::npos) ++count;
  }
  return count;
}

}  // namespace kd
