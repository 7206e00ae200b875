#include "app/book_table.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;

BookAnswer answer() {
  BookAnswer out;
  out.ticker = "KXA-1";
  out.at = 1'795'356'001'234'000;
  const auto price = [](std::int64_t raw) { return *Price::from_raw(raw); };
  out.book.change(Side::kYes, price(41'000), Size(100));
  out.book.change(Side::kYes, price(52'000), Size(13'600));
  out.book.change(Side::kNo, price(46'000), Size(2'000));
  out.base = BookAnswer::Base{"g2", 7, out.at - 5'000'000, out.at - 4'000'000};
  out.changes = 12;
  out.needed_from = out.at - 4'000'000;
  out.needed_to = out.at;
  return out;
}

TEST(BookTableTest, ShowsTheBestLevelsFirstAndAsksAsComplements) {
  const auto text = book_text(answer(), std::nullopt);
  EXPECT_THAT(text, HasSubstr("KXA-1 at 2026-11-22T14:00:01.234Z: exact\n"));
  EXPECT_THAT(text, HasSubstr("          136.00    0.5200 |    0.5400            20.00    0.4600\n"
                              "            1.00    0.4100 |"));
  EXPECT_THAT(text, HasSubstr("yes 0.5200 / 0.5400   no 0.4600 / 0.4800   spread 0.0200"));
  EXPECT_THAT(text, HasSubstr("snapshot of g2 at 2026-11-22T13:59:56.234Z, anchored at "));
  EXPECT_THAT(text, HasSubstr("12 applied"));
  EXPECT_THAT(text, HasSubstr("throughout"));
}

TEST(BookTableTest, SaysWhyABookIsNotExact) {
  auto doubtful = answer();
  doubtful.reasons = {"not covered from A to B: gap on g1"};
  doubtful.holes = {{doubtful.needed_from, doubtful.needed_to, "gap on g1"}};
  const auto text = book_text(doubtful, std::nullopt);
  EXPECT_THAT(text, HasSubstr("NOT EXACT\n  - not covered from A to B: gap on g1\n"));
  EXPECT_THAT(text, HasSubstr("but 1 hole"));
  EXPECT_THAT(book_json(doubtful, std::nullopt), HasSubstr(R"("exact": false)"));
}

TEST(BookTableTest, AnEmptySideHasNoBestAndNoSpread) {
  auto one_sided = answer();
  one_sided.book.change(Side::kNo, *Price::from_raw(46'000), Size(-2'000));
  EXPECT_THAT(book_text(one_sided, std::nullopt),
              HasSubstr("yes 0.5200 / -   no - / 0.4800   spread -"));
  EXPECT_THAT(book_json(one_sided, std::nullopt),
              HasSubstr(R"("best_yes_ask": null, "spread": null)"));
}

TEST(BookTableTest, DepthCutsEverySide) {
  EXPECT_THAT(book_json(answer(), 1), HasSubstr(R"("yes_bids": [["0.5200", "136.00"]], )"));
  EXPECT_THAT(book_json(answer(), 1), HasSubstr(R"("no_asks": [["0.4800", "136.00"]], )"));
}

}  // namespace
}  // namespace kd
