// REST books against the record: what is found, what is kept, what is not repeated.
#include <gmock/gmock.h>

#include <atomic>

#include "base/time.h"
#include "book/verifier.h"
#include "integration/book_world.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kT = BookWorld::kHour;
constexpr const char* kTicker = "KXBOOK-26NOV22-T1";

class BookVerifierTest : public testing::Test {
 protected:
  static BookChange change(std::int64_t ts, std::int64_t by) {
    return {ts, Side::kYes, price_of(50'000), Size(by)};
  }
  static FoldedBook book(std::int64_t yes, std::int64_t no = 7) {
    FoldedBook out;
    out.change(Side::kYes, price_of(50'000), Size(yes));
    out.change(Side::kNo, price_of(40'000), Size(no));
    return out;
  }
  void base(std::int64_t sent, std::int64_t yes, const std::string& ticker = kTicker) {
    world_.add({.ticker = ticker,
                .line = "g1",
                .sent = sent,
                .yes = levels({{50'000, yes}}),
                .no = levels({{40'000, 7}}),
                .anchor = {},
                .anchored = true,
                .stream_id = 1});
  }
  void rest(std::int64_t requested, const FoldedBook& held, const std::string& gatherer = "g2",
            const std::string& ticker = kTicker) {
    world_.add(PolledBook{ticker, gatherer, requested, requested + 100'000, 0, held});
  }
  BookVerifier::Options options() {
    BookVerifier::Options out;
    out.production = world_.production_as("deduplicator");
    out.leads = [this] { return leads_.load(); };
    out.settled_until_us = [this] { return std::optional(settled_.load()); };
    out.coverage = [this](Connection&, const std::string&, std::int64_t from, std::int64_t to) {
      CoverageAnswer answer;
      for (const auto& hole : holes_) {
        if (hole.from < to && hole.to > from) answer.holes.push_back(hole);
      }
      return answer;
    };
    out.interval = std::chrono::milliseconds(5);
    return out;
  }
  // Until nothing waits any more.
  void verify() { verify(options()); }
  void verify(BookVerifier::Options options) {
    world_.flush();
    BookVerifier verifier(std::move(options), registry_, silent_logger());
    verifier.start();
    ASSERT_TRUE(eventually([&] { return world_.ask("SELECT count(*) FROM rest_books") == "0"; }));
    verifier.stop();
  }
  std::string verdicts() {
    return world_.ask(
        "SELECT string_agg(verdict, ' ' ORDER BY requested_at, gatherer) FROM "
        "book_checks");
  }
  std::string stored() {
    return world_.ask("SELECT count(*) FROM orderbook_snapshots WHERE source = 'rest'");
  }
  double counted(const char* name) { return registry_.counter(name, "").value(); }

  BookWorld world_;
  MetricsRegistry registry_;
  std::atomic<bool> leads_{true};
  std::atomic<std::int64_t> settled_{kT + 100 * 24 * 60 * kMinute};
  std::vector<CoverageHole> holes_;
};

TEST_F(BookVerifierTest, ABookThatHeldInItsWindowMatchesAndOnlyTheFirstOfADayIsKeptInFull) {
  base(kT, 100);
  world_.add(kTicker, change(kT + kMinute, 5));
  rest(kT + kMinute - 200'000, book(105));  // the change came while the request was under way
  rest(kT + 2 * kMinute, book(105));
  rest(kT + 25 * 60 * kMinute, book(105), "g3");
  verify();
  EXPECT_EQ(verdicts(), "match match match");
  EXPECT_EQ(stored(), "2") << "the first, and the one a day later";
  EXPECT_EQ(world_.ask("SELECT min(matched_at) FROM book_checks"), std::to_string(kT + kMinute));
  EXPECT_EQ(counted("dedup_books_verified_total"), 3);
  EXPECT_EQ(counted("dedup_book_mismatches_total"), 0);
}

TEST_F(BookVerifierTest, ACorruptedChangeIsFoundAndItsLevelAndDifferenceAreNamed) {
  base(kT, 100);
  for (int i = 1; i <= 20; ++i) world_.add(kTicker, change(kT + i * kMinute, 10));
  for (int i = 1; i <= 20; ++i) rest(kT + i * kMinute + 10 * kSecond, book(100 + 10 * i));
  world_.flush();
  ASSERT_EQ(world_.ask("UPDATE orderbook_deltas SET size_delta = 13 WHERE exchange_ts = " +
                       std::to_string(kT + 12 * kMinute)),
            "no row");
  verify();
  EXPECT_EQ(world_.ask("SELECT count(*) FROM book_checks WHERE verdict = 'match'"), "11");
  EXPECT_EQ(world_.ask("SELECT count(*) FROM book_checks WHERE verdict = 'mismatch'"), "9");
  const auto first = [&](const char* column) {
    return world_.ask(std::string("SELECT ") + column +
                      " FROM book_checks WHERE verdict = 'mismatch' ORDER BY requested_at LIMIT 1");
  };
  EXPECT_EQ(first("requested_at"), std::to_string(kT + 12 * kMinute + 10 * kSecond));
  EXPECT_EQ(first("difference->0->>'side'"), "yes");
  EXPECT_EQ(first("difference->0->>'price'"), "50000");
  EXPECT_EQ(first("difference->0->>'difference'"), "3");
  EXPECT_EQ(first("difference->0->>'first_change'"), std::to_string(kT + 12 * kMinute));
  EXPECT_EQ(first("difference->0->>'changes'"), "1") << "the corrupted one alone";
  EXPECT_EQ(first("difference->0->>'lines'"), "g1");
  EXPECT_EQ(first("agreed_at"), std::to_string(kT + 11 * kMinute + 9 * kSecond));
  EXPECT_EQ(stored(), "10") << "the first of the day, and every mismatch";
  EXPECT_EQ(counted("dedup_book_mismatches_total"), 9);
}

TEST_F(BookVerifierTest, MarketByMarketItComesToTheSame) {
  for (int i = 0; i < 5; ++i) {
    const auto ticker = "KXONE-" + std::to_string(i);
    base(kT, 100, ticker);
    world_.add(ticker, change(kT + 20 * kMinute, 5));
    rest(kT + 10 * kMinute, book(100), "g2", ticker);
    rest(kT + 30 * kMinute, book(i == 3 ? 106 : 105), "g2", ticker);
  }
  auto slow = options();
  slow.checker.one_by_one = true;
  verify(std::move(slow));
  EXPECT_EQ(world_.ask("SELECT count(*) FROM book_checks WHERE verdict = 'match'"), "9");
  EXPECT_EQ(world_.ask("SELECT string_agg(ticker, ' ') FROM book_checks WHERE verdict = "
                       "'mismatch'"),
            "KXONE-3");
}

TEST_F(BookVerifierTest, ABookInAHoleIsUnprovenAndNeverAMismatch) {
  base(kT, 100);
  rest(kT + 2 * kMinute, book(150));
  holes_ = {{kT + kMinute, kT + kMinute + kSecond, "all lines down"}};
  verify();
  EXPECT_EQ(verdicts(), "unproven");
  EXPECT_EQ(stored(), "1");
  EXPECT_EQ(counted("dedup_book_mismatches_total"), 0);
}

TEST_F(BookVerifierTest, ManyUnusableSnapshotsHideNoUsableOne) {
  base(kT, 100);
  for (int i = 1; i <= 12; ++i) {
    world_.add({.ticker = kTicker,
                .line = "g2",
                .sent = kT + i * kMinute,
                .yes = {},
                .no = {},
                .anchor = {},
                .anchored = false,
                .stream_id = i});
  }
  rest(kT + 5LL * 24 * 60 * kMinute, book(100), "g3");  // further back than is asked for at once
  verify();
  EXPECT_EQ(verdicts(), "match");
}

TEST_F(BookVerifierTest, AHoleBehindTheBaseInForceIsNoMismatch) {
  base(kT, 100);
  rest(kT + 2 * kMinute, book(150, 8));
  base(kT + 2 * kMinute, 150);  // nearer to it, and its own anchor lies within the window
  holes_ = {{kT + kMinute, kT + kMinute + kSecond, "rows lost on g1"}};
  verify();
  EXPECT_EQ(verdicts(), "unproven");
}

TEST_F(BookVerifierTest, AHoleBehindABookThatACacheMayHoldIsNoMismatch) {
  base(kT, 100);
  base(kT + 2 * kMinute, 150);
  rest(kT + 2 * kMinute + 5 * kSecond, book(120));
  holes_ = {{kT + kMinute, kT + kMinute + kSecond, "rows lost on g1"}};
  verify();
  EXPECT_EQ(verdicts(), "unproven");
}

TEST_F(BookVerifierTest, AStampYearsAwayMakesNoPartitionsInBetween) {
  base(kT, 100);
  rest(kT + kMinute, book(100));
  rest(kT - 5LL * 365 * 24 * 60 * kMinute, book(100));
  verify();
  EXPECT_EQ(verdicts(), "no_base match");
  EXPECT_LT(std::stoi(world_.ask("SELECT count(*) FROM pg_inherits WHERE inhparent IN "
                                 "('book_checks'::regclass, 'orderbook_snapshots'::regclass)")),
            10);
}

TEST_F(BookVerifierTest, WithoutASnapshotBeforeItABookIsNotJudged) {
  rest(kT + kMinute, book(150));
  base(kT + 2 * kMinute, 100);
  verify();
  EXPECT_EQ(verdicts(), "no_base");
}

TEST_F(BookVerifierTest, AnAnswerFromACacheIsStaleNotWrong) {
  base(kT, 100);
  world_.add(kTicker, change(kT + kMinute, 5));
  rest(kT + kMinute + 10 * kSecond, book(100));
  rest(kT + kMinute + 17 * kSecond, book(100), "g3");
  verify();
  EXPECT_EQ(verdicts(), "stale mismatch") << "fifteen seconds old at most";
}

TEST_F(BookVerifierTest, AnEmptiedBookIsRightBeforeItsSnapshotShowsIt) {
  base(kT, 100);
  rest(kT + kMinute, FoldedBook());
  world_.add({.ticker = kTicker,
              .line = "g1",
              .sent = kT + kMinute + 5 * kSecond,
              .yes = {},
              .no = {},
              .anchor = {},
              .anchored = true,
              .stream_id = 2});
  verify();
  EXPECT_EQ(verdicts(), "match");
}

TEST_F(BookVerifierTest, ALostChangeIsNotHiddenByTheNextSnapshot) {
  base(kT, 100);
  rest(kT + kMinute, book(150));
  base(kT + kMinute + 5 * kSecond, 150);
  verify();
  EXPECT_EQ(verdicts(), "mismatch");
}

TEST_F(BookVerifierTest, ABookThatTheExchangeReplacedIsRightBeforeItsSnapshotShowsIt) {
  const auto sent = kT + kMinute + 5 * kSecond;
  base(kT, 100);
  rest(kT + kMinute, book(150));
  base(sent, 150);
  world_.flush();
  const auto insert =
      "INSERT INTO ledger (position, at, stream_id, connection, channel, event, "
      "reason, tickers, gatherer) SELECT 1, received_at, stream_id, 3, "
      "'orderbook_delta', 'reset', 'unasked snapshot', ARRAY[ticker], gatherer "
      "FROM orderbook_snapshots WHERE snapshot_ts = " +
      std::to_string(sent);
  world_.ask("SELECT kd_ensure_partitions('ledger', " + std::to_string(sent) + ", " +
             std::to_string(sent) + ")");
  ASSERT_EQ(world_.ask(insert), "no row");
  verify();
  EXPECT_EQ(verdicts(), "match");
}

TEST_F(BookVerifierTest, GoesOnFromABookThatMatchedEvenWhenItsSnapshotIsGone) {
  base(kT, 100);
  rest(kT + kMinute, book(100));
  world_.flush();
  BookVerifier verifier(options(), registry_, silent_logger());
  verifier.start();
  const auto done = [&] { return world_.ask("SELECT count(*) FROM rest_books") == "0"; };
  ASSERT_TRUE(eventually(done));
  ASSERT_EQ(world_.ask("DELETE FROM orderbook_snapshots WHERE source = 'ws'"), "no row");
  world_.add(kTicker, change(kT + 2 * kMinute, 5));
  rest(kT + 3 * kMinute, book(105));
  world_.flush();
  ASSERT_TRUE(eventually(done));
  verifier.stop();
  EXPECT_EQ(verdicts(), "match match");
}

TEST_F(BookVerifierTest, RowsThatComeAgainChangeNothing) {
  base(kT, 100);
  rest(kT + kMinute, book(100));
  verify();
  rest(kT + kMinute, book(100));
  verify();
  EXPECT_EQ(verdicts(), "match");
  EXPECT_EQ(stored(), "1");
}

TEST_F(BookVerifierTest, WaitsUntilEverythingAroundABookIsMerged) {
  base(kT, 100);
  rest(kT + kMinute, book(105));
  settled_ = kT + kMinute + 20 * kSecond;
  world_.flush();
  BookVerifier verifier(options(), registry_, silent_logger());
  verifier.start();
  // A book that may be judged shows that the other one was looked at and left.
  world_.add({.ticker = "KXOLD-1",
              .line = "g1",
              .sent = kT,
              .yes = {},
              .no = {},
              .anchor = {},
              .anchored = true,
              .stream_id = 1});
  rest(kT - 10 * kMinute, FoldedBook(), "g2", "KXOLD-1");
  world_.flush();
  ASSERT_TRUE(eventually([&] { return world_.ask("SELECT count(*) FROM book_checks") == "1"; }));
  EXPECT_EQ(world_.ask("SELECT count(*) FROM rest_books"), "1");
  world_.add(kTicker, change(kT + kMinute - kSecond, 5));  // of a gatherer that was late
  world_.flush();
  settled_ = kT + 10 * kMinute;
  ASSERT_TRUE(eventually([&] { return world_.ask("SELECT count(*) FROM rest_books") == "0"; }));
  verifier.stop();
  EXPECT_EQ(world_.ask("SELECT verdict FROM book_checks WHERE ticker <> 'KXOLD-1'"), "match");
}

TEST_F(BookVerifierTest, DoesNothingWhileAnotherLeads) {
  base(kT, 100);
  rest(kT + kMinute, book(100));
  world_.flush();
  leads_ = false;
  std::atomic<int> asked{0};
  auto watched = options();
  watched.leads = [&] {
    ++asked;
    return leads_.load();
  };
  BookVerifier verifier(std::move(watched), registry_, silent_logger());
  verifier.start();
  ASSERT_TRUE(eventually([&] { return asked > 3; }));
  EXPECT_EQ(world_.ask("SELECT count(*) FROM rest_books"), "1");
  leads_ = true;
  ASSERT_TRUE(eventually([&] { return world_.ask("SELECT count(*) FROM rest_books") == "0"; }));
}

TEST_F(BookVerifierTest, ABacklogBeyondTheBoundIsStoredUnchecked) {
  base(kT, 100);
  for (int i = 1; i <= 5; ++i) rest(kT + i * kMinute, book(100));
  auto bounded = options();
  bounded.most_pending = 4;
  verify(std::move(bounded));
  EXPECT_EQ(verdicts(), "unchecked unchecked unchecked unchecked unchecked");
  EXPECT_EQ(stored(), "5");
  EXPECT_EQ(counted("dedup_books_verified_total"), 0);
}

TEST_F(BookVerifierTest, ManyMarketsAndBooksOfABusyOneAreAllJudgedRight) {
  const auto market = generate_market(
      {.seed = 3, .changes = 60'000, .begin = kT, .changes_per_snapshot = 5'000, .lines = 3});
  world_.add("KXBUSY-1", market);
  int expected = 0;
  for (auto at = market.first_known() + 2 * kSecond; at < market.last(); at += 20 * kSecond) {
    rest(at, market.book_at(at + 50'000), "g1", "KXBUSY-1");
    ++expected;
  }
  for (int i = 0; i < 500; ++i) {
    const auto ticker = "KXQUIET-" + std::to_string(i);
    base(kT, 100 + i, ticker);
    rest(kT + kMinute + i, book(100 + i), "g2", ticker);
    rest(kT + 15 * kMinute + i, book(100 + i), "g2", ticker);
  }
  auto small = options();
  small.batch_books = 300;
  verify(std::move(small));
  EXPECT_EQ(world_.ask("SELECT string_agg(DISTINCT verdict, ' ') FROM book_checks"), "match");
  EXPECT_EQ(world_.ask("SELECT count(*) FROM book_checks WHERE ticker = 'KXBUSY-1'"),
            std::to_string(expected));
  EXPECT_GT(expected, 10);
  EXPECT_EQ(stored(), "501");
}

}  // namespace
}  // namespace kd
