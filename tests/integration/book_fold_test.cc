// The book at any millisecond from what the databases hold, against the true book.
#include <gtest/gtest.h>

#include <random>

#include "book/book_at.h"
#include "book/gatherer_books.h"
#include "book/production_books.h"
#include "integration/book_world.h"

namespace kd {
namespace {

constexpr std::int64_t kMs = 1'000;
constexpr const char* kTicker = "KXBUSY-26NOV22-T3.1";

KnownBook known_from(const GeneratedMarket& market, const GeneratedMarket::Snapshot& snapshot) {
  KnownBook out{snapshot.line, snapshot.sent, snapshot.sent + kAnchorAfter, snapshot.book};
  for (const auto& change : market.anchor_of(snapshot)) out.book.apply(change);
  return out;
}

struct Compared {
  std::int64_t milliseconds = 0;
  std::int64_t wrong = 0;
};

// A quiet stretch counts as its first and last milliseconds.
Compared compare(const Timeline& timeline, const GeneratedMarket& market) {
  Compared out;
  timeline.walk(market.first_known(), market.last(),
                [&](const auto& book, const auto&, auto first, auto end) {
                  for (auto at = first; at < end; at += kMs) {
                    ++out.milliseconds;
                    out.wrong += market.sum_at(at) == book.sum() ? 0 : 1;
                    if (at > first && at < end - 2 * kMs) at = end - 2 * kMs;
                  }
                  return true;
                });
  return out;
}

class BookFoldTest : public testing::TestWithParam<unsigned> {};

TEST_P(BookFoldTest, EveryMillisecondFollowsFromAnySnapshotAlone) {
  const auto market = generate_market({.seed = GetParam(),
                                       .changes = 40'000,
                                       .begin = BookWorld::kHour,
                                       .changes_per_snapshot = 4'000,
                                       .lines = 3});
  std::vector<BookChange> changes;
  for (const auto& change : market.changes) changes.push_back(change.change);
  for (const auto& snapshot : market.snapshots) {
    const Timeline timeline({known_from(market, snapshot)}, changes);
    std::int64_t wrong = 0;
    timeline.walk(snapshot.sent, market.last(),
                  [&](const auto& book, const auto&, auto first, auto) {
                    wrong += market.sum_at(first) == book.sum() ? 0 : 1;
                    return true;
                  });
    ASSERT_EQ(wrong, 0) << "from the snapshot of " << snapshot.sent;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BookFoldTest, testing::Range(1U, 21U));

TEST(BookFoldProductionTest, AMillionCollidingChangesGiveTheTrueBookAtEveryMillisecond) {
  BookWorld world;
  const auto market = generate_market({.seed = 42,
                                       .changes = 1'100'000,
                                       .begin = BookWorld::kHour,
                                       .changes_per_snapshot = 10'000,
                                       .lines = 3});
  world.add(kTicker, market);
  world.flush();
  ProductionBooks books(world.production());
  auto bases = books.bases_before(kTicker, market.last(), 1'000);
  ASSERT_TRUE(bases) << bases.error().what;
  ASSERT_EQ(bases->size(), market.snapshots.size());
  auto changes = books.changes(kTicker, market.first_known(), market.last() + 1);
  ASSERT_TRUE(changes) << changes.error().what;
  std::vector<KnownBook> known;
  for (auto& base : *bases) known.push_back(std::move(base.known));
  const auto compared = compare(Timeline(std::move(known), std::move(*changes)), market);
  EXPECT_EQ(compared.wrong, 0) << "of " << compared.milliseconds;
  EXPECT_GT(compared.milliseconds, 400'000);

  std::mt19937_64 random(5);
  for (int i = 0; i < 200; ++i) {
    const auto span = static_cast<std::uint64_t>(market.last() - market.first_known());
    const auto at = market.first_known() + static_cast<std::int64_t>(random() % span);
    const auto answer = book_at(books, {}, kTicker, at);
    ASSERT_TRUE(answer) << answer.error().what;
    ASSERT_EQ(answer->book.sum(), market.sum_at(answer->at)) << "at " << at;
    ASSERT_TRUE(answer->exact()) << answer->reasons.front();
  }
}

TEST(BookFoldGathererTest, OneLinesOwnRowsGiveTheTrueBookThroughItsReconnects) {
  BookWorld world;
  const auto market = generate_market({.seed = 9,
                                       .changes = 60'000,
                                       .begin = BookWorld::kHour,
                                       .changes_per_snapshot = 3'000,
                                       .lines = 1});
  world.add_to_gatherer(kTicker, market);
  // Streams that ended before their anchors: none of them is a base, and none hides one.
  ASSERT_EQ(scalar(world.gatherer(),
                   "INSERT INTO orderbook_snapshots (position, snapshot_ts, received_at, ticker, "
                   "source, yes_bids, no_bids, occurrence, stream_id, seq) SELECT position + n, "
                   "snapshot_ts + n, received_at, ticker, source, yes_bids, no_bids, occurrence, "
                   "1000 + n, 1 FROM orderbook_snapshots, generate_series(1, 12) n"),
            "no row");
  GathererBooks books(world.gatherer(), "g1");
  std::mt19937_64 random(6);
  for (int i = 0; i < 60; ++i) {
    const auto span = static_cast<std::uint64_t>(market.last() - market.first_known());
    const auto at = market.first_known() + static_cast<std::int64_t>(random() % span);
    const auto answer = book_at(books, {}, kTicker, at);
    ASSERT_TRUE(answer) << answer.error().what;
    ASSERT_EQ(answer->book.sum(), market.sum_at(answer->at)) << "at " << at;
    ASSERT_TRUE(answer->exact()) << answer->reasons.front();
  }
}

}  // namespace
}  // namespace kd
