#include "poller/snapshot_poller.h"

#include <algorithm>
#include <set>

#include "codec/gatherer_rows.h"

namespace kd {
namespace {

// The first moment after now that lies `phase` into an interval of the wall clock, so that
// gatherers with different phases never sweep at once, whenever each was started.
std::chrono::steady_clock::time_point first_cycle(std::chrono::milliseconds interval,
                                                  double phase) {
  const auto offset = std::chrono::duration_cast<std::chrono::microseconds>(interval * phase);
  const auto into = (wall_now().time_since_epoch() - offset) % interval;
  return std::chrono::steady_clock::now() + (interval - into);
}

void flatten(std::span<const Level> levels, std::vector<std::int64_t>& out) {
  out.clear();
  for (const auto& level : levels) {
    out.push_back(level.price.raw());
    out.push_back(level.size.hundredths());
  }
}

// The key is repeated: a comma list is not understood here (protocol notes, trap 5.45).
std::string orderbooks_path(std::span<const std::string_view> tickers) {
  std::string path = "/markets/orderbooks";
  for (const auto ticker : tickers) {
    path += path.find('?') == std::string::npos ? "?tickers=" : "&tickers=";
    path += percent_encode(ticker);
  }
  return path;
}

}  // namespace

double SnapshotPoller::phase_of(std::string_view gatherer_id) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, and a mix, since names differ in their end
  for (const char c : gatherer_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  return static_cast<double>(hash >> 11) / static_cast<double>(1ULL << 53);
}

SnapshotPoller::SnapshotPoller(Options options, const Interner& tickers, RestClient& client,
                               Hooks hooks, MetricsRegistry& metrics, Logger log)
    : options_(options),
      tickers_(tickers),
      client_(client),
      hooks_(std::move(hooks)),
      log_(std::move(log)),
      fetched_(metrics.counter("poller_snapshots_fetched_total", "books read over REST")),
      fetch_errors_(metrics.counter("poller_fetch_errors_total", "books not read, or undecodable")),
      write_errors_(metrics.counter("poller_write_errors_total", "book rows that were refused")),
      missing_(metrics.counter("poller_books_missing_total", "books that an answer left out")),
      polled_(metrics.gauge("poller_markets_polled", "markets read within the last interval")),
      coverage_(metrics.gauge("poller_cycle_coverage_ratio", "their share of all that are open")),
      seconds_(metrics.histogram("poller_poll_duration_seconds", "one cycle over all markets",
                                 {10, 60, 120, 300, 600, 850, 900, 1200})),
      sweep_(options.interval, first_cycle(options.interval, options.phase)) {}

SnapshotPoller::~SnapshotPoller() {
  thread_ = {};
  queue_->close();
}

void SnapshotPoller::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void SnapshotPoller::request_stop() { thread_.request_stop(); }

void SnapshotPoller::add(std::span<const Interner::Id> ids) {
  queue_->post(
      [this, kept = std::vector(ids.begin(), ids.end())] { sweep_.add(kept, Clock::now()); });
}

void SnapshotPoller::remove(std::span<const Interner::Id> ids) {
  queue_->post([this, kept = std::vector(ids.begin(), ids.end())] { sweep_.remove(kept); });
}

void SnapshotPoller::run(const std::stop_token& stop) {
  constexpr std::chrono::seconds kLook{5};
  while (!stop.stop_requested()) {
    const auto now = Clock::now();
    while (under_way_ < options_.concurrency) {
      auto batch = sweep_.next(now);
      if (batch.empty()) break;
      ask(std::move(batch));
    }
    ask_questions();
    show();
    auto until = now + kLook;
    if (under_way_ < options_.concurrency)
      until = std::min(until, sweep_.wake_at().value_or(until));
    for (const auto& task : queue_->wait(until, stop)) task();
  }
}

void SnapshotPoller::ask(Sweep::Batch batch) {
  std::vector<std::string_view> tickers;
  for (const auto id : batch.ids) tickers.push_back(tickers_.name(id));
  ++under_way_;
  client_.ask(
      {.endpoint = "/markets/orderbooks",
       .path = orderbooks_path(tickers),
       .priority = RestPriority::kSweep,
       .timeout = options_.request_timeout,
       .max_retries = 0},
      [this, queue = queue_,
       kept = std::make_shared<Sweep::Batch>(std::move(batch))](Expected<RestAnswer> answer) {
        queue->post([this, kept, told = std::make_shared<Expected<RestAnswer>>(std::move(answer))] {
          on_answer(*kept, *told);
        });
      });
}

void SnapshotPoller::on_answer(const Sweep::Batch& batch, const Expected<RestAnswer>& answer) {
  --under_way_;
  const auto books = answer ? decode_orderbooks(answer->body) : tl::unexpected(answer.error());
  if (books) {
    const auto stored = store(batch, *answer, *books);
    const auto bad = std::min(books->unreadable.size(), batch.ids.size() - stored);
    fetched_.add(static_cast<double>(stored));
    fetch_errors_.add(static_cast<double>(bad));
    missing_.add(static_cast<double>(batch.ids.size() - stored - bad));
  } else {
    fetch_errors_.add(static_cast<double>(batch.ids.size()));
    warn(books.error(), batch.ids.size());
  }
  sweep_.on_done(batch, books.has_value(), Clock::now());
  if (const auto took = sweep_.take_finished()) {
    seconds_.observe(std::chrono::duration<double>(*took).count());
  }
}

// An exchange that is down fails every batch of a sweep.
void SnapshotPoller::warn(const Error& error, std::size_t markets) {
  constexpr std::chrono::seconds kQuiet{10};
  if (Clock::now() < next_warning_) return;
  next_warning_ = Clock::now() + kQuiet;
  log_.warn("books were not read; the next cycle tries again",
            {kv("error", error.what), kv("markets", markets)});
}

// Rows for those that were asked for, whatever the order and whatever else came.
std::size_t SnapshotPoller::store(const Sweep::Batch& batch, const RestAnswer& answer,
                                  const RestBooks& books) {
  std::set<std::string_view> asked;
  for (const auto id : batch.ids) asked.insert(tickers_.name(id));
  RowBatch rows;
  for (const auto& book : books.books) {
    if (asked.erase(book.ticker) == 1) append(rows, answer, book);
  }
  for (const auto& bad : books.unreadable) hooks_.quarantine("rest book: " + bad.reason, bad.text);
  const auto stored = rows.rows();
  if (stored > 0) hooks_.hand_over(Table::kOrderbookSnapshots, rows);
  return stored;
}

void SnapshotPoller::append(RowBatch& rows, const RestAnswer& answer, const RestBook& book) {
  flatten(book.yes, yes_);
  flatten(book.no, no_);
  append_rest_snapshot(rows, {.ticker = book.ticker,
                              .requested = answer.requested,
                              .received = answer.received,
                              .yes_bids = yes_,
                              .no_bids = no_});
}

void SnapshotPoller::fetch_now(std::string ticker, Answered done) {
  queue_->post([this, ticker = std::move(ticker), done = std::move(done)]() mutable {
    questions_.push_back({std::move(ticker), std::move(done)});
  });
}

// One request for up to 100 of them; those that come meanwhile wait for the next.
void SnapshotPoller::ask_questions() {
  constexpr std::size_t kMostBooks = 100;
  if (questions_.empty() || questions_under_way_) return;
  const auto count = std::min(questions_.size(), kMostBooks);
  auto asked = std::make_shared<std::vector<Question>>(
      std::make_move_iterator(questions_.begin()),
      std::make_move_iterator(questions_.begin() + static_cast<std::ptrdiff_t>(count)));
  questions_.erase(questions_.begin(), questions_.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<std::string_view> tickers;
  for (const auto& question : *asked) tickers.push_back(question.ticker);
  questions_under_way_ = true;
  client_.ask({.endpoint = "/markets/orderbooks",
               .path = orderbooks_path(tickers),
               .priority = RestPriority::kLifecycle,
               .timeout = options_.request_timeout},
              [this, queue = queue_, asked](Expected<RestAnswer> answer) {
                queue->post([this, asked,
                             told = std::make_shared<Expected<RestAnswer>>(std::move(answer))] {
                  questions_under_way_ = false;
                  answer_questions(*asked, *told);
                });
              });
}

void SnapshotPoller::answer_questions(const std::vector<Question>& asked,
                                      const Expected<RestAnswer>& answer) {
  const auto books = answer ? decode_orderbooks(answer->body) : tl::unexpected(answer.error());
  for (const auto& question : asked) {
    if (!books) {
      question.done(tl::unexpected(books.error()));
      continue;
    }
    const auto found = std::ranges::find(books->books, question.ticker, &RestBook::ticker);
    if (found == books->books.end()) {
      question.done(fail(Remedy::kDropItem, question.ticker + ": no book in the answer"));
      continue;
    }
    auto book = *found;
    book.requested = answer->requested;
    book.received = answer->received;
    question.done(std::move(book));
  }
}

void SnapshotPoller::show() {
  const auto now = Clock::now();
  polled_.set(static_cast<double>(sweep_.polled(now)));
  coverage_.set(sweep_.coverage(now));
}

}  // namespace kd
