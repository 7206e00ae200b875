#include "writer/resync_inbox.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

namespace kd {
namespace {

constexpr std::chrono::seconds kLongestLook{8};

// A stream that still runs is answered with the number of its connection.
constexpr const char* kRequests = R"(
SELECT r.id, r.ticker, r.reason,
       CASE WHEN r.stream_id IS NOT NULL THEN
         (SELECT l.connection FROM ledger l
          WHERE l.stream_id = r.stream_id AND l.event = 'open'
            AND NOT EXISTS (SELECT FROM ledger c
                            WHERE c.stream_id = r.stream_id AND c.event = 'close')
          LIMIT 1)
       END
FROM resync_requests r WHERE r.id > $1 ORDER BY r.id LIMIT 1000)";

void rest(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

ResyncInbox::ResyncInbox(Options options, Hooks hooks, Logger log)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      log_(std::move(log)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

ResyncInbox::~ResyncInbox() = default;

void ResyncInbox::request_stop() { thread_.request_stop(); }

void ResyncInbox::run(const std::stop_token& stop) {
  for (; !stop.stop_requested(); rest(stop, options_.interval)) {
    const auto looked = connection_ != nullptr ? look() : connect();
    if (looked) continue;
    if (!told_away_) log_.warn("requests cannot be read", {kv("error", looked.error().what)});
    told_away_ = true;
    connection_.reset();
  }
}

Expected<void> ResyncInbox::connect() {
  auto connect = options_.connect;
  connect.statement_timeout = kLongestLook;
  KD_TRY(connection_, Connection::connect(connect));
  told_away_ = false;
  if (last_id_ >= 0) return {};
  // Older ones were about streams that are no more.
  KD_TRY(const auto rows, connection_->query("SELECT COALESCE(max(id), 0) FROM resync_requests"));
  last_id_ = int_at(rows.at(0), 0).value_or(0);
  return {};
}

Expected<void> ResyncInbox::look() {
  KD_TRY(const auto rows, connection_->query(kRequests, {fmt::to_string(last_id_)}));
  std::vector<std::string> tickers;
  for (const auto& row : rows) {
    last_id_ = int_at(row, 0).value_or(last_id_);
    const auto connection = int_at(row, 3);
    if (row[1]) tickers.push_back(*row[1]);
    if (connection) hooks_.replace(static_cast<std::int32_t>(*connection), text_at(row, 2));
  }
  if (tickers.empty()) return {};
  log_.warn("books are asked for again",
            {kv("markets", tickers.size()), kv("first", tickers.front()),
             kv("reason", text_at(rows.back(), 2))});
  hooks_.renew(tickers);
  return {};
}

}  // namespace kd
