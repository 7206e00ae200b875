// Connections against an exchange that misbehaves on command, over real sockets.
#include <gmock/gmock.h>

#include <thread>

#include "connection/pool.h"
#include "support/eventually.h"
#include "support/reading_router.h"
#include "support/scripted_books.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using Id = Interner::Id;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class ConnectionPoolTest : public testing::Test {
 protected:
  ConnectionPoolTest() {
    hooks_.on_frame = [this](std::int32_t connection, std::string_view text, Micros) {
      return router_.on_frame(connection, text);
    };
    hooks_.on_closed = [this](std::int32_t connection, Micros, std::string_view reason) {
      router_.forget(connection);
      const MutexLock lock(mutex_);
      reasons_.emplace_back(reason);
    };
    hooks_.on_stream_ended = [this](std::int32_t, std::int64_t sid, Micros, std::string_view) {
      const MutexLock lock(mutex_);
      ended_.push_back(sid);
    };
    hooks_.without_base = [this](std::int32_t connection, std::int64_t,
                                 SessionHooks::Markets markets) {
      std::vector<Id> without;
      for (const auto market : markets) {
        if (!router_.is_based(connection, tickers_.name(market))) without.push_back(market);
      }
      return without;
    };
    hooks_.on_healed = [this](std::int32_t, std::int64_t, Micros, SessionHooks::Markets markets) {
      healed_ += markets.size();
    };
    hooks_.on_unanswered = [this](std::int32_t, std::int64_t, Micros,
                                  SessionHooks::Markets markets) { silent_ += markets.size(); };
    hooks_.on_open = [this](std::int32_t, Role, Micros) { ++opened_; };
    hooks_.on_unreachable = [this](const std::string&) { ++unreachable_; };
    hooks_.on_refused = [this](const std::string&) { ++refused_; };
    options_.ticker = 0;
    options_.trade = 0;
    options_.lifecycle = 0;
    options_.orderbook = 1;
    options_.seed = "g1";
    options_.dial_rate = 1'000;
    options_.session.backoff = {.initial = 1ms, .max = 5ms};
    options_.session.commands_per_second = 1'000;
    options_.session.tick = 10ms;
    options_.session.self_checks_per_minute = 0;
  }
  ~ConnectionPoolTest() override {
    if (pool_ == nullptr) return;
    pool_->stop();
    EXPECT_TRUE(eventually([&] { return pool_->all_closed(); }));
    loop_.stop();
    thread_.join();
  }

  void connect(const std::string& url) {
    options_.session.socket.url = url;
    const ConnectionPool::Lane lanes[] = {{loop_, hooks_}};
    pool_ = std::make_unique<ConnectionPool>(options_, lanes, tickers_, metrics_, silent_logger());
    thread_ = std::jthread([this] { loop_.run(); });
    pool_->start();
  }
  void connect(ScriptedBooks& books) { connect(books.exchange().ws_url()); }
  std::vector<Id> ids(std::size_t from, std::size_t to) {
    std::vector<Id> ids;
    for (auto i = from; i < to; ++i) ids.push_back(tickers_.intern("M" + std::to_string(i)));
    return ids;
  }
  void hold(ScriptedBooks& books, std::size_t count) {
    pool_->want(ids(0, count));
    ASSERT_TRUE(eventually([&] { return pool_->figures().held == count; }));
    ASSERT_TRUE(eventually([&] { return books.count("snapshot") >= count; }));
  }
  std::vector<std::string> reasons() {
    const MutexLock lock(mutex_);
    return reasons_;
  }
  std::vector<std::int64_t> ended() {
    const MutexLock lock(mutex_);
    return ended_;
  }

  MetricsRegistry metrics_;
  Interner tickers_;
  EventLoop loop_;
  ReadingRouter router_;
  SessionHooks hooks_;
  ConnectionPool::Options options_;
  Mutex mutex_;
  std::vector<std::string> reasons_ KD_GUARDED_BY(mutex_);
  std::vector<std::int64_t> ended_ KD_GUARDED_BY(mutex_);
  std::atomic<std::size_t> healed_{0};
  std::atomic<std::size_t> silent_{0};
  std::atomic<int> opened_{0};
  std::atomic<int> refused_{0};
  std::atomic<int> unreachable_{0};
  std::unique_ptr<ConnectionPool> pool_;
  std::jthread thread_;
};

TEST_F(ConnectionPoolTest, ARefusedUpgradeForCredentialsIsNotTriedAgain) {
  ScriptedExchange exchange({.rest = {}, .upgrade_status = 401, .on_text = {}});
  options_.orderbook = 20;
  options_.dial_rate = 50;
  connect(exchange.ws_url());
  ASSERT_TRUE(eventually([&] { return refused_ >= 1; }));
  EXPECT_LE(exchange.upgrades(), 3U) << "one refusal holds back all of them";
}

TEST_F(ConnectionPoolTest, CredentialsRefusedLaterAreTriedByOneForAll) {
  ScriptedBooks books;
  options_.orderbook = 10;
  options_.session.backoff = {.initial = 1ms, .max = 300ms};
  connect(books);
  hold(books, 10);
  books.exchange().refuse_upgrades(401);
  books.cut();
  ASSERT_TRUE(eventually([&] { return pool_->figures().open == 0; }));
  const auto before = books.exchange().upgrades();
  ASSERT_TRUE(eventually([&] { return books.exchange().upgrades() >= before + 4; }));
  books.exchange().accept_upgrades();
  ASSERT_TRUE(eventually([&] { return pool_->figures().held == 10; }));
  EXPECT_EQ(refused_, 0);
  // Each of the ten may have been dialling when the first refusal came.
  EXPECT_LE(books.exchange().upgrades(), before + 40);
}

TEST_F(ConnectionPoolTest, AnyOtherRefusalIsTriedAgainWithBackoff) {
  ScriptedExchange exchange({.rest = {}, .upgrade_status = 503, .on_text = {}});
  connect(exchange.ws_url());
  EXPECT_TRUE(eventually([&] { return exchange.upgrades() >= 2; }));
  EXPECT_EQ(refused_, 0);
  EXPECT_TRUE(eventually([&] { return unreachable_ >= 1; })) << "and said";
}

TEST_F(ConnectionPoolTest,
       SevenThousandFiveHundredMarketsComeBackAfterACutWithThirtyEightCommands) {
  ScriptedBooks books;
  connect(books);
  hold(books, 7'500);
  const auto before = books.lines().size();
  books.cut();
  ASSERT_TRUE(eventually([&] { return opened_ == 2; }));
  ASSERT_TRUE(eventually([&] { return pool_->figures().held == 7'500; }));
  const auto lines = books.lines();
  EXPECT_EQ(std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end(),
                          [](const auto& line) { return line.what != "snapshot"; }),
            38);
}

TEST_F(ConnectionPoolTest, AGapIsHealedInSlicesOnTheSameSocket) {
  ScriptedBooks books;
  connect(books);
  hold(books, 500);
  books.skip_seq(3);
  books.send_delta("M0");
  ASSERT_TRUE(eventually([&] { return healed_ == 500; }));
  EXPECT_EQ(books.count("get_snapshot"), 3U);
  EXPECT_EQ(opened_, 1);
  books.skip_seq(1);
  books.send_delta("M0");
  ASSERT_TRUE(eventually([&] { return healed_ == 1'000; }));
}

TEST_F(ConnectionPoolTest, SnapshotsWithoutTheCommandsIdHealAsWell) {
  ScriptedBooks books;
  books.set({.echo_id = false});
  connect(books);
  hold(books, 10);
  books.skip_seq(1);
  books.send_delta("M0");
  EXPECT_TRUE(eventually([&] { return healed_ == 10; }));
}

TEST_F(ConnectionPoolTest, AGapThatCannotBeHealedEndsInANewConnection) {
  ScriptedBooks books;
  options_.session.resync.timeout = 50ms;
  connect(books);
  hold(books, 10);
  books.set({.no_get_snapshot = true});
  books.skip_seq(1);
  books.send_delta("M0");
  ASSERT_TRUE(eventually([&] { return opened_ == 2; }));
  EXPECT_EQ(books.count("get_snapshot"), 2U);
  EXPECT_THAT(reasons(), Contains(HasSubstr("get_snapshot")));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == 10; }));
}

class LimitTest : public ConnectionPoolTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(LimitTest, IsFoundAndTheRestGoesElsewhere) {
  const auto room = 4 * GetParam();
  ScriptedBooks books;
  books.set({.limit = GetParam()});
  options_.orderbook = 4;
  connect(books);
  pool_->want(ids(0, room + 50));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == room; }));
  EXPECT_THAT(books.held(), SizeIs(room));
  EXPECT_THAT(books.held(), Each(Pair(testing::_, 1U)));
  std::vector<Id> held;
  for (const auto& [ticker, count] : books.held()) held.push_back(tickers_.find(ticker));
  pool_->let_go(std::span(held).first(50));
  EXPECT_TRUE(eventually([&] {
    const auto now = books.held();
    return now.size() == room && !now.contains(std::string(tickers_.name(held[0])));
  })) << "what had no room gets it";
}
INSTANTIATE_TEST_SUITE_P(Limits, LimitTest, testing::Values(100, 256, 1'000));

TEST_F(ConnectionPoolTest, ADeadSubscriptionIsReplacedOnTheSameSocket) {
  ScriptedBooks books;
  connect(books);
  hold(books, 300);
  for (const int code : {10, 25}) {
    const auto before = ended().size();
    books.send_error(code);
    ASSERT_TRUE(eventually([&] { return ended().size() == before + 1; }));
    ASSERT_TRUE(eventually([&] { return books.held().size() == 300; })) << code;
  }
  EXPECT_EQ(opened_, 1);
  EXPECT_THAT(ended(), testing::ElementsAre(1, 2));
}

TEST_F(ConnectionPoolTest, ASecondOverflowMovesAQuarterOfTheMarkets) {
  ScriptedBooks books;
  options_.orderbook = 2;
  connect(books);
  hold(books, 80);
  for (int i = 0; i < 2; ++i) {
    books.send_error(25);
    ASSERT_TRUE(eventually([&] { return pool_->figures().held == 80; }));
    ASSERT_TRUE(eventually([&] { return books.held().size() == 80; }));
  }
  EXPECT_TRUE(eventually([&] { return opened_ >= 4; })) << "both overflowed twice";
  EXPECT_TRUE(eventually([&] { return pool_->figures().held >= 60; }));
}

TEST_F(ConnectionPoolTest, AMarketWithoutASnapshotIsAskedFor) {
  ScriptedBooks books;
  books.set({.no_snapshot = {"M3", "M4"}, .silent = {"M4"}});
  options_.session.first_look = 20ms;
  options_.session.resync.timeout = 30ms;
  connect(books);
  pool_->want(ids(0, 10));
  EXPECT_TRUE(eventually([&] {
    for (const auto& line : books.lines()) {
      if (line.what == "snapshot" && line.tickers[0] == "M3") return true;
    }
    return false;
  }));
  EXPECT_TRUE(eventually([&] {
    books.send_delta("M0");
    return silent_ == 1;
  })) << "M4 is given up, for a while";
  EXPECT_EQ(opened_, 1);
}

TEST_F(ConnectionPoolTest, ADarkConnectionIsReplaced) {
  ScriptedBooks books;
  options_.session.silence = {.quiet = 50ms, .dead = 150ms};
  connect(books);
  hold(books, 10);
  ASSERT_TRUE(eventually([&] { return books.count("get_snapshot") >= 5; })) << "quiet, not dark";
  EXPECT_EQ(opened_, 1);
  books.set({.dark_socket = 1});
  ASSERT_TRUE(eventually([&] { return opened_ == 2; }));
  EXPECT_THAT(reasons(), Contains(HasSubstr("only pings")));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == 10; }));
}

TEST_F(ConnectionPoolTest, LostRepliesDelayButDoNotLoseAnyMarket) {
  ScriptedBooks books;
  books.set({.lose_every_nth_reply = 3});
  options_.orderbook = 3;
  options_.session.subscriptions = {
      .tickers_per_command = 5, .answer_timeout = 50ms, .refused_retry = 60s};
  connect(books);
  pool_->want(ids(0, 200));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == 200; }));
  pool_->let_go(ids(0, 100));
  EXPECT_TRUE(eventually([&] { return books.held().size() == 100; }));
}

TEST_F(ConnectionPoolTest, AMovedMarketLeavesOneSecondAfterItsNewSnapshot) {
  ScriptedBooks books;
  options_.orderbook = 2;
  connect(books);
  hold(books, 20);
  const auto before = books.lines().size();
  EXPECT_EQ(pool_->move_markets(20), 20U);
  ASSERT_TRUE(eventually([&] { return pool_->figures().handovers_done == 20; }));
  ASSERT_TRUE(eventually([&] { return books.held().at("M0") == 1; }));
  std::map<std::string, std::chrono::steady_clock::time_point> based;
  const auto lines = books.lines();
  std::size_t deleted = 0;
  for (auto i = before; i < lines.size(); ++i) {
    for (const auto& ticker : lines[i].tickers) {
      if (lines[i].what == "snapshot") based[ticker] = lines[i].at;
      if (lines[i].what != "delete_markets") continue;
      ++deleted;
      ASSERT_TRUE(based.contains(ticker));
      EXPECT_GE(lines[i].at - based[ticker], 1s);
    }
  }
  EXPECT_EQ(deleted, 20U);
}

TEST_F(ConnectionPoolTest, MarketsOfASocketThatStaysAwayGoToTheOthers) {
  ScriptedBooks books;
  options_.orderbook = 3;
  options_.abandon_after = 200ms;
  options_.settled_after = 100ms;
  connect(books);
  hold(books, 60);
  books.exchange().refuse_upgrades(503);
  books.cut_one();
  EXPECT_TRUE(eventually([&] { return pool_->figures().open == 2 && books.held().size() == 60; }));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == 60; }));
}

TEST_F(ConnectionPoolTest, CloseCodesAndCutsEndInANewConnection) {
  ScriptedBooks books;
  connect(books);
  hold(books, 10);
  int expected = 1;
  for (const int code : {1000, 1001}) {
    books.close(static_cast<std::uint16_t>(code));
    ASSERT_TRUE(eventually([&] { return opened_ == expected + 1; })) << code;
    ++expected;
    ASSERT_TRUE(eventually([&] { return pool_->figures().held == 10; }));
  }
}

TEST_F(ConnectionPoolTest, CompressedAndFragmentedMessagesAreReadLikeOthers) {
  ScriptedBooks books(true);
  books.set({.fragments = true});
  connect(books);
  hold(books, 300);
  books.set({});
  books.send_delta("M1");
  books.skip_seq(1);
  books.send_delta("M1");
  EXPECT_TRUE(eventually([&] { return healed_ == 300; }));
  EXPECT_EQ(opened_, 1);
}

// Requirement 43, to be run under TSan as well.
TEST_F(ConnectionPoolTest, OverlappingChangesFromManyThreadsEndWithOneSubscriptionEach) {
  ScriptedBooks books;
  options_.orderbook = 7;
  connect(books);
  constexpr std::size_t kMarkets = 10'000;
  const auto all = ids(0, kMarkets);
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 200; ++i) {
        const auto from = (t * 1'777 + i * 613) % (kMarkets - 600);
        const auto some = std::span(all).subspan(from, 600);
        (i + t) % 3 == 0 ? pool_->let_go(some) : pool_->want(some);
        if (i % 50 == 0) pool_->move_markets(20);
      }
    });
  }
  threads.clear();
  pool_->want(all);
  pool_->let_go(std::span(all).first(1'000));
  EXPECT_TRUE(eventually([&] { return pool_->figures().handovers == 0; }));
  EXPECT_TRUE(eventually([&] { return pool_->figures().held == kMarkets - 1'000; }));
  EXPECT_TRUE(eventually([&] {
    const auto held = books.held();
    return held.size() == kMarkets - 1'000 &&
           std::ranges::all_of(held, [](const auto& entry) { return entry.second == 1; });
  }));
  EXPECT_THAT(books.held(), Not(Contains(Pair("M5", testing::_))));
  EXPECT_EQ(opened_, 7);
}

}  // namespace
}  // namespace kd
