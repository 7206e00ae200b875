#include "connection/pool.h"

#include <algorithm>

namespace kd {

std::chrono::milliseconds DialPacer::next(std::chrono::steady_clock::time_point now) {
  const MutexLock lock(mutex_);
  const auto at = std::max(now, free_at_);
  free_at_ = at + std::chrono::duration_cast<std::chrono::steady_clock::duration>(gap_);
  return std::chrono::ceil<std::chrono::milliseconds>(at - now);
}

ConnectionPool::ConnectionPool(const Options& options, std::span<const Lane> lanes,
                               MetricsRegistry& metrics, const Logger& log)
    : metrics_(metrics),
      log_(log),
      assignment_(static_cast<std::size_t>(options.orderbook), options.markets_per_connection,
                  options.seed) {
  add(Role::kTicker, options.ticker, options, lanes);
  add(Role::kTrade, options.trade, options, lanes);
  add(Role::kLifecycle, options.lifecycle, options, lanes);
  first_book_ = members_.size();
  add(Role::kOrderbook, options.orderbook, options, lanes);
}

ConnectionPool::~ConnectionPool() = default;

// A redundant pair of global sockets lives on one loop, books are dealt out in turn.
void ConnectionPool::add(Role role, int count, const Options& options,
                         std::span<const Lane> lanes) {
  session_metrics_.push_back(std::make_unique<SessionMetrics>(metrics_, role));
  for (int i = 0; i < count; ++i) {
    const auto lane = role == Role::kOrderbook ? static_cast<std::size_t>(i) % lanes.size()
                                               : static_cast<std::size_t>(role) % lanes.size();
    auto session = options.session;
    session.number = static_cast<std::int32_t>(members_.size());
    session.role = role;
    members_.push_back({&lanes[lane].loop, std::make_unique<Session>(
                                               lanes[lane].loop, std::move(session),
                                               lanes[lane].hooks, *session_metrics_.back(), log_)});
  }
}

void ConnectionPool::start() {
  for (auto& member : members_) {
    member.loop->post([session = member.session.get()] { session->start(); });
  }
}

void ConnectionPool::stop() {
  for (auto& member : members_) {
    member.loop->post([session = member.session.get()] { session->stop(); });
  }
}

bool ConnectionPool::all_closed() const {
  return std::ranges::all_of(members_, [](const Member& m) { return m.session->is_closed(); });
}

// Gives each market to a connection; what has no place stays with the assignment.
void ConnectionPool::want(std::span<const std::string> tickers) {
  std::vector<std::vector<std::string>> by_book(members_.size() - first_book_);
  std::size_t unplaced = 0;
  {
    const MutexLock lock(mutex_);
    for (const auto& ticker : tickers) {
      if (const auto book = assignment_.add(ticker)) by_book[*book].push_back(ticker);
    }
    unplaced = assignment_.unplaced();
  }
  if (unplaced > 0) {
    log_.error(
        "more markets than the connections can hold: raise connections.orderbook or "
        "connections.markets_per_connection",
        {kv("unplaced", unplaced)});
  }
  for (std::size_t book = 0; book < by_book.size(); ++book) {
    if (by_book[book].empty()) continue;
    auto& member = members_[first_book_ + book];
    member.loop->post([session = member.session.get(), wanted = std::move(by_book[book])] {
      for (const auto& ticker : wanted) session->want(ticker);
    });
  }
}

void ConnectionPool::let_go(std::span<const std::string> tickers) {
  std::vector<std::string> waiting;
  {
    const MutexLock lock(mutex_);
    for (const auto& ticker : tickers) {
      const auto book = assignment_.remove(ticker);
      if (!book) continue;
      auto& member = members_[first_book_ + *book];
      member.loop->post([session = member.session.get(), ticker] { session->let_go(ticker); });
    }
    waiting = assignment_.take_unplaced();
  }
  if (!waiting.empty()) want(waiting);  // there may be room now
}

void ConnectionPool::move_elsewhere(std::int32_t connection, std::span<const std::string> tickers) {
  {
    const MutexLock lock(mutex_);
    for (const auto& ticker : tickers) assignment_.remove(ticker);
    assignment_.cap(static_cast<std::size_t>(connection) - first_book_);
  }
  want(tickers);
}

void ConnectionPool::pause_lane(const EventLoop& loop, bool paused) {
  for (auto& member : members_) {
    if (member.loop != &loop) continue;
    paused ? member.session->pause_reading() : member.session->resume_reading();
  }
}

ConnectionPool::Figures ConnectionPool::figures() const {
  Figures all;
  for (const auto& member : members_) {
    ++all.connections;
    all.open += member.session->is_open() ? 1U : 0U;
    all.held += member.session->held();
  }
  const MutexLock lock(mutex_);
  all.wanted = assignment_.wanted();
  return all;
}

ConnectionPool::Figures ConnectionPool::figures(Role role) const {
  Figures some;
  for (const auto& member : members_) {
    if (member.session->role() != role) continue;
    ++some.connections;
    some.open += member.session->is_open() ? 1U : 0U;
    some.held += member.session->held();
  }
  return some;
}

void ConnectionPool::publish_metrics() {
  for (const auto role : {Role::kTicker, Role::kTrade, Role::kLifecycle, Role::kOrderbook}) {
    const auto some = figures(role);
    const Labels labels{{"role", std::string(name_of(role))}};
    metrics_.gauge("conn_manager_connections_total", "configured connections", labels)
        .set(static_cast<double>(some.connections));
    metrics_.gauge("conn_manager_connections_healthy", "open connections", labels)
        .set(static_cast<double>(some.open));
  }
  const auto all = figures();
  metrics_.gauge("conn_manager_markets_total", "markets whose books are to be held")
      .set(static_cast<double>(all.wanted));
  metrics_.gauge("conn_manager_subscriptions_total", "markets whose books are held")
      .set(static_cast<double>(all.held));
  metrics_.gauge("conn_manager_markets_pending", "markets wanted and not held")
      .set(static_cast<double>(all.wanted - std::min(all.wanted, all.held)));
}

}  // namespace kd
