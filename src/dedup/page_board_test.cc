#include "dedup/page_board.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

class PageBoardTest : public testing::Test {
 protected:
  PageBoardTest() { board_.start_epoch({at(10), {}}); }

  static SyncCursor at(std::int64_t position) {
    SyncCursor cursor;
    cursor.database_id = "a";
    cursor.position = position;
    return cursor;
  }
  // A page of gatherer 0, table 0, ending at `position`.
  static Page page(std::int64_t position, std::uint64_t epoch = 1) {
    Page out;
    out.epoch = epoch;
    out.end = at(position);
    out.row_count = 3;
    return out;
  }

  PageBoard board_{1, 2};
};

TEST_F(PageBoardTest, HandsOverPagesOfTheRunningEpochOnly) {
  EXPECT_TRUE(board_.put(page(20), 0, true));
  EXPECT_FALSE(board_.has_room(0, 0));
  EXPECT_TRUE(board_.has_room(0, 1));
  EXPECT_EQ(board_.collect(0ms, 0ms).size(), 1U);
  EXPECT_TRUE(board_.has_room(0, 0));
  board_.end_epoch();
  EXPECT_FALSE(board_.put(page(30), 0, true));
  EXPECT_TRUE(board_.collect(0ms, 0ms).empty());
}

TEST_F(PageBoardTest, ANewEpochStartsFromTheStoredCursors) {
  EXPECT_EQ(board_.epoch_after(1), std::nullopt);
  const auto first = board_.epoch_after(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->cursors.at(0).position, 10);
  board_.end_epoch();
  EXPECT_EQ(board_.epoch_after(1)->number, 0U);
  board_.start_epoch({at(40), {}});
  EXPECT_EQ(board_.epoch_after(0)->number, 2U);
  EXPECT_EQ(board_.epoch_after(0)->cursors.at(0).position, 40);
}

TEST_F(PageBoardTest, IsCaughtUpOnlyWhenEverythingReadIsCommitted) {
  EXPECT_FALSE(board_.status(0, 0).caught_up);
  board_.put(page(20), 111, true);
  EXPECT_FALSE(board_.status(0, 0).caught_up);
  EXPECT_EQ(board_.status(0, 0).rows_behind, 3);
  board_.committed(board_.collect(0ms, 0ms));
  EXPECT_TRUE(board_.status(0, 0).caught_up);
  EXPECT_EQ(board_.status(0, 0).caught_up_us, 111);
  board_.found_nothing(0, 0, 1, 222);
  EXPECT_EQ(board_.status(0, 0).caught_up_us, 222);
}

TEST_F(PageBoardTest, IsCaughtUpUpToACommittedPageThoughTheNextIsRead) {
  EXPECT_TRUE(board_.put(page(20), 100, true));
  auto first = board_.collect(0ms, 0ms);
  EXPECT_TRUE(board_.put(page(30), 200, true));
  board_.committed(std::move(first));
  EXPECT_EQ(board_.status(0, 0).caught_up_us, 100);
  EXPECT_FALSE(board_.status(0, 0).caught_up);
  board_.committed(board_.collect(0ms, 0ms));
  EXPECT_EQ(board_.status(0, 0).caught_up_us, 200);
}

TEST_F(PageBoardTest, AFullPageMeansThatMoreMayFollow) {
  board_.put(page(20), 111, false);
  board_.committed(board_.collect(0ms, 0ms));
  EXPECT_FALSE(board_.status(0, 0).caught_up);
  board_.found_nothing(0, 0, 1, 222);
  EXPECT_TRUE(board_.status(0, 0).caught_up);
}

TEST_F(PageBoardTest, LagIsTheDistanceOfPositions) {
  board_.measured(0, 0, 2'000'010, 7);
  EXPECT_DOUBLE_EQ(board_.status(0, 0).lag_seconds, 2.0);
  EXPECT_EQ(board_.status(0, 0).rows_behind, 7);
}

TEST_F(PageBoardTest, ABlockedSlotIsLeftAlone) {
  board_.put(page(20), 0, true);
  EXPECT_TRUE(board_.collect(0ms, 0ms, {true, false}).empty());
  EXPECT_EQ(board_.collect(0ms, 0ms, {false, true}).size(), 1U);
}

TEST_F(PageBoardTest, RemembersTheCommittedCursorAndItsIncarnation) {
  EXPECT_EQ(board_.committed_cursor(0, 0).cursor.position, 10);
  auto next = page(20);
  next.incarnation = 1;
  board_.put(std::move(next), 0, true);
  EXPECT_EQ(board_.committed_cursor(0, 0).cursor.position, 10) << "read, not committed";
  board_.committed(board_.collect(0ms, 0ms));
  EXPECT_EQ(board_.committed_cursor(0, 0).cursor.position, 20);
  EXPECT_EQ(board_.committed_cursor(0, 0).incarnation, 1U);
}

TEST_F(PageBoardTest, HandsRequestsToTheGathererTheyAreFor) {
  board_.request_resync(0, {.ticker = "KXA", .reason = "frozen"});
  EXPECT_EQ(board_.take_resyncs(0).size(), 1U);
  EXPECT_TRUE(board_.take_resyncs(0).empty());
}

class FairBoardTest : public testing::Test {
 protected:
  FairBoardTest() { board_.start_epoch(std::vector<SyncCursor>(6)); }

  void put(std::size_t gatherer, std::size_t table, bool backfills) {
    Page page;
    page.gatherer = gatherer;
    page.table = table;
    page.epoch = 1;
    page.backfills = backfills;
    page.end.position = 1;
    board_.put(std::move(page), 0, false);
  }
  // The backfilling pages of a round, as "gatherer table", and how many others there were.
  std::pair<std::string, int> round() {
    std::pair<std::string, int> out{"", 0};
    for (const auto& page : board_.collect(0ms, 0ms)) {
      if (!page.backfills) {
        ++out.second;
      } else {
        out.first += std::to_string(page.gatherer) + std::to_string(page.table) + " ";
      }
    }
    return out;
  }

  PageBoard board_{3, 2};
};

TEST_F(FairBoardTest, OneBackfillingPagePerRoundWhileOthersAreLive) {
  board_.set_mode(0, SyncMode::kRealtime);
  board_.set_mode(1, SyncMode::kBackfill);
  board_.set_mode(2, SyncMode::kBackfill);
  for (const std::size_t table : {0U, 1U}) {
    put(0, table, false);
    put(1, table, true);
    put(2, table, true);
  }
  EXPECT_EQ(round(), std::pair(std::string("10 "), 2));
  put(0, 0, false);
  put(1, 0, true);
  EXPECT_EQ(round(), std::pair(std::string("11 "), 1)) << "in turn";
  EXPECT_EQ(round(), std::pair(std::string("20 "), 0));
  EXPECT_EQ(round(), std::pair(std::string("21 "), 0));
  EXPECT_EQ(round(), std::pair(std::string("10 "), 0));
}

TEST_F(FairBoardTest, AllOfThemWhenNobodyIsLive) {
  board_.set_mode(0, SyncMode::kBackfill);
  board_.set_mode(1, SyncMode::kBackfill);
  board_.set_mode(2, std::nullopt);
  for (const std::size_t gatherer : {0U, 1U}) put(gatherer, 0, true);
  EXPECT_EQ(round(), std::pair(std::string("00 10 "), 0));
}

TEST_F(PageBoardTest, StoppingWakesAndRefuses) {
  board_.stop();
  EXPECT_TRUE(board_.collect(1h, 1h).empty());
  board_.wait_until(PageBoard::Clock::now() + 1h);
  EXPECT_FALSE(board_.put(page(20), 0, true));
}

}  // namespace
}  // namespace kd
