#include "book/verifier.h"

#include "base/time.h"
#include "book/explain.h"

namespace kd {
namespace {

constexpr std::chrono::seconds kBacklogLook{60};
constexpr int kLoggedPerPass = 3;

}  // namespace

BookVerifier::BookVerifier(Options options, MetricsRegistry& registry, Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      verified_(registry.counter("dedup_books_verified_total",
                                 "REST books compared with the rebuilt book")),
      mismatches_(registry.counter("dedup_book_mismatches_total",
                                   "REST books that equal the rebuilt one at no instant")),
      checker_(
          options_.checker,
          options_.coverage
              ? [this](
                    const std::string& ticker, std::int64_t from,
                    std::int64_t to) { return options_.coverage(*connection_, ticker, from, to); }
              : AskCoverage()) {}

BookVerifier::~BookVerifier() { stop(); }

void BookVerifier::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void BookVerifier::request_stop() {
  thread_.request_stop();
  wake_.notify_all();
}

void BookVerifier::stop() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void BookVerifier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!options_.leads || !options_.leads()) {
      connection_.reset();
      checker_.forget();
      pause(stop);
      continue;
    }
    const auto more = work();
    if (!more) {
      log_.warn("books are not verified", {kv("error", more.error().what)});
      checker_.forget();
      if (!connection_ || !connection_->usable()) connection_.reset();
    }
    if (!more || !*more) pause(stop);
  }
  connection_.reset();
}

void BookVerifier::pause(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, options_.interval, [&] { return stop.stop_requested(); });
}

Expected<void> BookVerifier::open_session() {
  if (connection_) return {};
  KD_TRY(auto connection, Connection::connect(options_.production));
  KD_DO(prepare_results(*connection));
  KD_TRY(partitions_, Partitions::load(*connection));
  connection_ = std::move(connection);
  return {};
}

Expected<bool> BookVerifier::work() {
  const auto settled = options_.settled_until_us();
  if (!settled) return false;
  KD_DO(open_session());
  KD_DO(check_backlog());
  KD_TRY(const auto pending,
         load_pending(*connection_, options_.shard, *settled - options_.settle.count(),
                      options_.batch_books));
  if (pending.books.empty()) return false;
  KD_TRY(const auto results, judge(pending));
  KD_DO(ensure_partitions(pending));
  KD_DO(store_results(*connection_, pending, results, to_us(wall_now())));
  count(pending, results);
  return pending.books.size() == static_cast<std::size_t>(options_.batch_books);
}

Expected<std::vector<CheckResult>> BookVerifier::judge(const PendingBooks& pending) {
  if (overflow_) return std::vector<CheckResult>(pending.books.size());
  KD_TRY(auto results, checker_.check(*connection_, pending.books));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!pending.readable[i]) results[i] = CheckResult();
  }
  return results;
}

Expected<void> BookVerifier::check_backlog() {
  const auto now = std::chrono::steady_clock::now();
  if (now - backlog_looked_at_ < kBacklogLook) return {};
  KD_TRY(const bool overflow, more_pending_than(*connection_, options_.most_pending));
  if (overflow && !overflow_) {
    log_.warn("too many REST books wait: they are stored unchecked until fewer do",
              {kv("books", options_.most_pending)});
  }
  overflow_ = overflow;
  backlog_looked_at_ = now;
  return {};
}

// Never those in between: a clock may have been years off.
Expected<void> BookVerifier::ensure_partitions(const PendingBooks& pending) {
  for (const char* table : {"book_checks", "orderbook_snapshots"}) {
    for (const auto& book : pending.books) {
      KD_DO(partitions_->ensure(*connection_, table, book.requested_at, book.requested_at));
    }
  }
  return {};
}

void BookVerifier::count(const PendingBooks& pending, const std::vector<CheckResult>& results) {
  int told = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& result = results[i];
    if (result.verdict != CheckVerdict::kUnchecked) verified_.add();
    if (result.verdict != CheckVerdict::kMismatch) continue;
    mismatches_.add();
    if (++told > kLoggedPerPass || result.differences.empty()) continue;
    log_.warn("a REST book differs from the rebuilt one",
              {kv("ticker", pending.books[i].ticker), kv("gatherer", pending.books[i].gatherer),
               kv("levels", result.differences.size()),
               kv("first", text_of(result.differences.front()))});
  }
}

}  // namespace kd
