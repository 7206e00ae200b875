// When a book is exact, and what is said when it is not.
#include "book/book_at.h"

#include <gmock/gmock.h>

#include "book/production_books.h"
#include "integration/book_world.h"

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kT = BookWorld::kHour;
constexpr const char* kTicker = "KXBOOK-26NOV22-T1";

class BookAtTest : public testing::Test {
 protected:
  static BookChange change(std::int64_t ts, std::int64_t by) {
    return {ts, Side::kYes, price_of(50'000), Size(by)};
  }
  void base(std::int64_t sent, std::int64_t size, const std::string& line = "g1",
            bool anchored = true) {
    std::vector<Level> yes;
    if (size != 0) yes = levels({{50'000, size}});
    world_.add({.ticker = kTicker,
                .line = line,
                .sent = sent,
                .yes = yes,
                .no = {},
                .anchor = {},
                .anchored = anchored,
                .stream_id = 1});
  }
  BookAnswer at(std::int64_t when, const AskCoverage& coverage = {}) {
    world_.flush();
    auto answer = book_at(books_, coverage, kTicker, when);
    EXPECT_TRUE(answer) << answer.error().what;
    return *answer;
  }
  static std::int64_t size(const BookAnswer& answer) {
    const auto best = answer.book.best_bid(Side::kYes);
    return best ? best->size.hundredths() : 0;
  }

  BookWorld world_;
  ProductionBooks books_{world_.production()};
};

TEST_F(BookAtTest, GoesForwardFromTheAnchorAndBackFromItBeforeIt) {
  world_.add({.ticker = kTicker,
              .line = "g1",
              .sent = kT,
              .yes = levels({{50'000, 100}}),
              .no = {},
              .anchor = {change(kT - 1'000, 5), change(kT + 400'000, 7)},
              .anchored = true,
              .stream_id = 1});
  world_.add(kTicker, change(kT - 1'000, 5));
  world_.add(kTicker, change(kT + 400'000, 7));
  world_.add(kTicker, change(kT + 3 * kSecond, -12));
  EXPECT_EQ(size(at(kT)), 105);
  EXPECT_EQ(size(at(kT + 400'000)), 112);
  EXPECT_EQ(size(at(kT + kSecond)), 112);
  const auto later = at(kT + 3 * kSecond + 999);
  EXPECT_EQ(size(later), 100) << "the end of the millisecond, whatever its microseconds";
  EXPECT_TRUE(later.exact());
  EXPECT_EQ(later.changes, 1);
  EXPECT_EQ(later.last_change, kT + 3 * kSecond);
  EXPECT_EQ(later.base->snapshot_ts, kT);
  EXPECT_EQ(later.base->anchor_ts, kT + kAnchorAfter);
}

TEST_F(BookAtTest, WithoutASnapshotBeforeItThereIsNothingToBuildOn) {
  base(kT, 100);
  const auto answer = at(kT - 1'000);
  EXPECT_FALSE(answer.base);
  EXPECT_THAT(answer.reasons, ElementsAre(HasSubstr("no snapshot")));
}

TEST_F(BookAtTest, ASnapshotWithoutAnchorIsPassedOverForAnOlderOne) {
  base(kT, 100, "g1");
  base(kT + 60 * kSecond, 100, "g2", false);
  const auto answer = at(kT + 90 * kSecond);
  EXPECT_EQ(answer.base->line, "g1");
  EXPECT_TRUE(answer.exact());
}

TEST_F(BookAtTest, ASnapshotPassedOverThatShowsAnotherBookIsTold) {
  base(kT, 100, "g1");
  base(kT + 60 * kSecond, 0, "g2", false);
  const auto answer = at(kT + 90 * kSecond);
  EXPECT_THAT(answer.reasons, ElementsAre(HasSubstr("g2 was sent another book")));
}

TEST_F(BookAtTest, ManyUnusableSnapshotsHideNoUsableOne) {
  base(kT, 100, "g1");
  for (int i = 1; i <= 12; ++i) base(kT + i * kSecond, 100, "g2", i % 2 == 0);
  world_.flush();
  ASSERT_EQ(world_.ask("INSERT INTO frozen_lines VALUES ('g2', '" + std::string(kTicker) + "', " +
                       std::to_string(kT) + ", " + std::to_string(kT + 30 * kSecond) + ", 0)"),
            "no row");
  const auto answer = at(kT + 90 * kSecond);
  ASSERT_TRUE(answer.base);
  EXPECT_EQ(answer.base->line, "g1");
  EXPECT_TRUE(answer.exact());
}

TEST_F(BookAtTest, AnAnchorlessSnapshotAloneGivesABookThatIsNotExact) {
  base(kT, 100, "g1", false);
  world_.add(kTicker, change(kT + 5 * kSecond, 11));
  const auto answer = at(kT + 9 * kSecond);
  EXPECT_EQ(size(answer), 111);
  EXPECT_THAT(answer.reasons, ElementsAre(HasSubstr("has no anchor")));
}

TEST_F(BookAtTest, ALineThatWasFrozenGivesNoBase) {
  base(kT, 100, "g1");
  base(kT + 60 * kSecond, 77, "g2");
  world_.flush();
  ASSERT_EQ(world_.ask("INSERT INTO frozen_lines VALUES ('g2', '" + std::string(kTicker) + "', " +
                       std::to_string(kT + 50 * kSecond) + ", " +
                       std::to_string(kT + 70 * kSecond) + ", 0)"),
            "no row");
  const auto answer = at(kT + 90 * kSecond);
  EXPECT_EQ(answer.base->line, "g1");
  EXPECT_EQ(size(answer), 100);
}

TEST_F(BookAtTest, AsksForTheIntervalItNeedsAndNamesItsHoles) {
  base(kT, 100);
  std::vector<std::pair<std::int64_t, std::int64_t>> asked;
  const AskCoverage coverage = [&](const std::string& ticker, std::int64_t from, std::int64_t to) {
    EXPECT_EQ(ticker, kTicker);
    asked.emplace_back(from, to);
    return CoverageAnswer{{{from, from + kSecond, "gap on g1"}}};
  };
  const auto answer = at(kT + 60 * kSecond, coverage);
  EXPECT_THAT(asked, ElementsAre(std::pair(kT + kSecond, kT + 60 * kSecond)));
  EXPECT_FALSE(answer.exact());
  EXPECT_THAT(answer.reasons, ElementsAre(HasSubstr("2026-11-22T14:00:01.000000Z to "
                                                    "2026-11-22T14:00:02.000000Z: gap on g1")));
  EXPECT_EQ(answer.holes.size(), 1U);
}

TEST_F(BookAtTest, AnOlderBaseIsTakenWhereTheNewestIsNotProvenYet) {
  base(kT, 100, "g1");
  base(kT + 60 * kSecond, 100, "g2");
  const AskCoverage proven = [](const std::string&, std::int64_t, std::int64_t to) {
    const auto until = kT + 60 * kSecond + 500'000;
    CoverageAnswer answer;
    if (to > until) answer.holes.push_back({until, to, "unproven"});
    return answer;
  };
  const auto answer = at(kT + 60 * kSecond + 300'000, proven);
  EXPECT_EQ(answer.base->line, "g1");
  EXPECT_TRUE(answer.exact());
}

TEST_F(BookAtTest, BetweenTheLastChangeAndAReplacementTheMomentIsUnknown) {
  base(kT, 100, "g1");
  world_.add(kTicker, change(kT + 10 * kSecond, 5));
  base(kT + 30 * kSecond, 0, "g2");  // the exchange empties a book after its market closed
  EXPECT_TRUE(at(kT + 9 * kSecond).exact()) << "a change came after it: it was in force";
  const auto doubtful = at(kT + 20 * kSecond);
  EXPECT_EQ(size(doubtful), 105);
  EXPECT_THAT(doubtful.reasons, ElementsAre(HasSubstr("replaced this book without a change")));
  const auto after = at(kT + 30 * kSecond);
  EXPECT_TRUE(after.exact());
  EXPECT_TRUE(after.book == FoldedBook());
}

TEST_F(BookAtTest, ABookBehindAHoleReplacesNothing) {
  base(kT, 100, "g1");
  base(kT + 60 * kSecond, 300, "g2");  // every line was down from 40 s on, and missed changes
  const CoverageHole down{kT + 40 * kSecond, kT + 60 * kSecond, "gap on g1"};
  const AskCoverage coverage = [&](const std::string&, std::int64_t from, std::int64_t to) {
    CoverageAnswer answer;
    if (from < down.to && to > down.from) answer.holes.push_back(down);
    return answer;
  };
  EXPECT_THAT(at(kT + 20 * kSecond, coverage).reasons, testing::IsEmpty());
  EXPECT_THAT(at(kT + 20 * kSecond).reasons, ElementsAre(HasSubstr("replaced this book")));
}

TEST_F(BookAtTest, ASnapshotThatIsTheSameBookReplacesNothing) {
  base(kT, 100, "g1");
  world_.add(kTicker, change(kT + 10 * kSecond, 5));
  base(kT + 30 * kSecond, 105, "g2");
  EXPECT_TRUE(at(kT + 20 * kSecond).exact());
}

TEST_F(BookAtTest, ALevelBelowZeroIsNamed) {
  base(kT, 100);
  world_.add(kTicker, change(kT + 5 * kSecond, -130));
  const auto answer = at(kT + 9 * kSecond);
  EXPECT_THAT(answer.reasons, ElementsAre(HasSubstr("yes level at 0.5000 comes to -0.30")));
}

TEST_F(BookAtTest, NamesRecordedMarketsLikeAMistypedOne) {
  for (const char* name : {"KXBOOK-26NOV22-T2", "KXBOOK-26NOV23-T1", "KXOTHER-1"}) {
    world_.add({.ticker = name,
                .line = "g1",
                .sent = kT,
                .yes = {},
                .no = {},
                .anchor = {},
                .anchored = true,
                .stream_id = 1});
  }
  world_.flush();
  const auto names = books_.similar("KXBOOK-26NOV22-T9", 2);
  ASSERT_TRUE(names) << names.error().what;
  EXPECT_THAT(*names, ElementsAre("KXBOOK-26NOV22-T2", "KXBOOK-26NOV23-T1"));
  EXPECT_THAT(*books_.similar("NOTHING-LIKE-IT", 2), testing::IsEmpty());
}

TEST_F(BookAtTest, ReadersSeeAsksBestPricesAndSpread) {
  world_.add({.ticker = kTicker,
              .line = "g1",
              .sent = kT,
              .yes = levels({{41'000, 100}, {52'000, 300}}),
              .no = levels({{46'000, 20}, {30'000, 7}}),
              .anchor = {},
              .anchored = true,
              .stream_id = 1});
  world_.add({.ticker = kTicker,
              .line = "g2",
              .sent = kT,
              .yes = {},
              .no = levels({{46'000, 20}}),
              .anchor = {},
              .anchored = true,
              .stream_id = 1});
  world_.flush();
  auto reader = shared_cluster().connect(world_.production_as("reader").name, "reader");
  const auto view = [&](const std::string& columns, const std::string& line) {
    return scalar(*reader, "SELECT " + columns + " FROM v_books WHERE gatherer = '" + line + "'");
  };
  EXPECT_EQ(view("best_yes_bid || ' ' || best_yes_ask || ' ' || spread", "g1"), "52000 54000 2000");
  EXPECT_EQ(view("yes_asks", "g1"), "{54000,20,70000,7}");
  EXPECT_EQ(view("no_asks", "g1"), "{48000,300,59000,100}");
  EXPECT_EQ(view("best_yes_bid", "g2"), "NULL");
  EXPECT_EQ(view("best_yes_ask", "g2"), "54000");
  EXPECT_EQ(view("spread", "g2"), "NULL");
  EXPECT_EQ(view("no_asks", "g2"), "{}");
  EXPECT_EQ(scalar(*reader,
                   "SELECT string_agg(price || ':' || size, ' ' ORDER BY price) FROM "
                   "kd_levels('{3,30,1,10}')"),
            "1:10 3:30");
}

}  // namespace
}  // namespace kd
