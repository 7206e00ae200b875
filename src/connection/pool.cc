#include "connection/pool.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

constexpr std::chrono::milliseconds kTick{500};
// Markets dealt out under one lock: a thread that reads sockets may be waiting for it.
constexpr std::size_t kAtOnce = 4'096;

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

template <typename Deal>
void in_pieces(std::span<const Interner::Id> markets, Deal deal) {
  for (std::size_t from = 0; from < markets.size(); from += kAtOnce) {
    deal(markets.subspan(from, std::min(kAtOnce, markets.size() - from)));
  }
}

Placement::Options placement_options(const ConnectionPool::Options& options) {
  Placement::Options placement;
  placement.books = static_cast<std::size_t>(options.orderbook);
  placement.markets_per_connection = options.markets_per_connection;
  placement.seed = options.seed;
  placement.abandon_after = options.abandon_after;
  placement.settled_after = options.settled_after;
  return placement;
}

}  // namespace

ConnectionPool::ConnectionPool(const Options& options, std::span<const Lane> lanes,
                               const Interner& tickers, MetricsRegistry& metrics, const Logger& log)
    : metrics_(metrics),
      log_(log),
      tickers_(tickers),
      budget_(options.snapshots_in_flight),
      gate_(options.session.backoff.max),
      pacer_(options.dial_rate),
      links_(make_links()),
      placement_(placement_options(options)),
      timer_loop_(lanes.front().loop),
      timer_(timer_loop_) {
  auto all = options;
  UrlParts url;
  if (split_url(options.session.socket.url, url) && url.tls) {
    all.session.socket.trust = TlsTrust::load(options.session.socket.ca_file);
  }
  add(Role::kTicker, all.ticker, all, lanes);
  add(Role::kTrade, all.trade, all, lanes);
  add(Role::kLifecycle, all.lifecycle, all, lanes);
  first_book_ = members_.size();
  add(Role::kOrderbook, all.orderbook, all, lanes);
}

ConnectionPool::~ConnectionPool() = default;

// A redundant pair of global sockets lives on one loop, books are dealt out in turn.
void ConnectionPool::add(Role role, int count, const Options& options,
                         std::span<const Lane> lanes) {
  session_metrics_.push_back(std::make_unique<SessionMetrics>(metrics_, role));
  const Session::Shared shared{{tickers_, budget_, links_}, gate_, pacer_, damped_};
  for (int i = 0; i < count; ++i) {
    const auto lane = role == Role::kOrderbook ? static_cast<std::size_t>(i) % lanes.size()
                                               : static_cast<std::size_t>(role) % lanes.size();
    auto session = options.session;
    session.number = static_cast<std::int32_t>(members_.size());
    session.role = role;
    members_.push_back({&lanes[lane].loop, std::make_unique<Session>(
                                               lanes[lane].loop, std::move(session), shared,
                                               lanes[lane].hooks, *session_metrics_.back(), log_)});
  }
}

BookLinks ConnectionPool::make_links() {
  BookLinks links;
  links.on_full = [this](std::int32_t connection, std::size_t limit, Markets excess) {
    log_.warn("a subscription takes no more markets",
              {kv("connection", connection), kv("limit", limit), kv("excess", excess.size())});
    const MutexLock lock(mutex_);
    carry_out(placement_.on_full(book_of(connection), limit, excess));
  };
  links.on_based = [this](std::int32_t connection, Interner::Id market) {
    const MutexLock lock(mutex_);
    placement_.on_based(book_of(connection), market, now());
  };
  links.on_bases_lost = [this](std::int32_t connection) {
    const MutexLock lock(mutex_);
    placement_.on_bases_lost(book_of(connection));
  };
  links.on_lost = [this](std::int32_t connection) {
    const MutexLock lock(mutex_);
    carry_out(placement_.on_lost(book_of(connection)));
  };
  links.on_overflow = [this](std::int32_t connection) {
    const MutexLock lock(mutex_);
    carry_out(placement_.on_overflow(book_of(connection), now()));
  };
  return links;
}

void ConnectionPool::start() {
  for (auto& member : members_) {
    member.loop->post([session = member.session.get()] { session->start(); });
  }
  timer_loop_.post([this] { tick(); });
}

void ConnectionPool::stop() {
  for (auto& member : members_) {
    member.loop->post([session = member.session.get()] { session->stop(); });
  }
  timer_loop_.post([this] { timer_.cancel(); });
}

bool ConnectionPool::all_closed() const {
  return std::ranges::all_of(members_, [](const Member& m) { return m.session->is_closed(); });
}

void ConnectionPool::want(Markets markets) {
  in_pieces(markets, [this](Markets some) {
    const MutexLock lock(mutex_);
    carry_out(placement_.want(some));
    warn_of_unplaced();
  });
}

void ConnectionPool::let_go(Markets markets) {
  in_pieces(markets, [this](Markets some) {
    const MutexLock lock(mutex_);
    carry_out(placement_.let_go(some));
  });
}

bool ConnectionPool::move(Interner::Id market, std::size_t to_book) {
  const MutexLock lock(mutex_);
  Placement::Orders orders;
  const bool begun = placement_.move(market, to_book, now(), orders);
  carry_out(std::move(orders));
  return begun;
}

std::size_t ConnectionPool::move_markets(std::size_t count) {
  const MutexLock lock(mutex_);
  Placement::Orders orders;
  const auto begun = placement_.move_some(count, now(), orders);
  carry_out(std::move(orders));
  return begun;
}

void ConnectionPool::renew(Markets markets) {
  in_pieces(markets, [this](Markets some) {
    const MutexLock lock(mutex_);
    Placement::Orders orders;
    for (const auto market : some) placement_.renew(market, now(), orders);
    carry_out(std::move(orders));
  });
}

void ConnectionPool::replace(std::int32_t connection, const std::string& reason) {
  const auto index = static_cast<std::size_t>(connection);
  if (connection < 0 || index >= members_.size()) return;
  auto& member = members_[index];
  member.loop->post([session = member.session.get(), reason] { session->replace(reason); });
}

// Posted under the lock: a connection hears of changes in the order in which they were decided.
void ConnectionPool::carry_out(Placement::Orders orders) {
  for (auto& [whom, told] : orders) {
    auto& member = members_[first_book_ + whom.first];
    member.loop->post(
        [session = member.session.get(), order = whom.second, markets = std::move(told)] {
          session->change([&](BookConversation& books) {
            switch (order) {
              case Placement::Order::kLetGo:
                return books.let_go(markets);
              case Placement::Order::kWant:
                return books.want(markets);
              case Placement::Order::kTakeOver:
                return books.take_over(markets);
              case Placement::Order::kSettled:
                return books.settled(markets);
            }
          });
        });
  }
}

void ConnectionPool::tick() {
  std::vector<Placement::State> states;
  for (auto i = first_book_; i < members_.size(); ++i) {
    states.push_back({members_[i].session->is_open(), members_[i].session->down_since()});
  }
  {
    const MutexLock lock(mutex_);
    carry_out(placement_.tick(states, now()));
  }
  timer_.after(kTick, [this] { tick(); });
}

void ConnectionPool::warn_of_unplaced() {
  const auto unplaced = placement_.unplaced();
  if (unplaced > 0 && unplaced_told_ == 0) {
    log_.error(
        "more markets than the connections can hold: raise connections.orderbook or "
        "connections.markets_per_connection",
        {kv("unplaced", unplaced)});
  }
  unplaced_told_ = unplaced;
}

ConnectionPool::Figures ConnectionPool::figures() const {
  Figures all;
  for (const auto& member : members_) {
    ++all.connections;
    all.open += member.session->is_open() ? 1U : 0U;
    all.held += member.session->held();
  }
  const MutexLock lock(mutex_);
  all.wanted = placement_.wanted();
  all.handovers = placement_.handovers();
  all.handovers_done = placement_.handovers_done();
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
    publish_role(role);
  }
  const auto all = figures();
  metrics_.gauge("conn_manager_markets_total", "markets whose books are to be held")
      .set(static_cast<double>(all.wanted));
  metrics_.gauge("conn_manager_subscriptions_total", "markets whose books are held")
      .set(static_cast<double>(all.held));
  metrics_.gauge("conn_manager_markets_pending", "markets wanted and not held")
      .set(static_cast<double>(all.wanted - std::min(all.wanted, all.held)));
}

void ConnectionPool::publish_role(Role role) {
  const auto some = figures(role);
  const Labels labels{{"role", std::string(name_of(role))}};
  metrics_.gauge("conn_manager_connections_total", "configured connections", labels)
      .set(static_cast<double>(some.connections));
  metrics_.gauge("conn_manager_connections_healthy", "open connections", labels)
      .set(static_cast<double>(some.open));
  metrics_.gauge("ws_client_connected", "open WebSockets", labels)
      .set(static_cast<double>(some.open));
  std::optional<Micros> oldest;
  for (const auto& member : members_) {
    const auto ping = member.session->last_ping();
    if (member.session->role() == role && ping && (!oldest || *ping < *oldest)) oldest = ping;
  }
  if (!oldest) return;
  metrics_
      .gauge("ws_client_last_ping_timestamp",
             "when the open connection that waits longest had its last ping; seconds since 1970",
             labels)
      .set(static_cast<double>(to_us(*oldest)) / 1e6);
}

}  // namespace kd
