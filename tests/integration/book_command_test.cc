// `kalshi-data book` and `kalshi-data verify` on a production database with its evidence.
#include "app/book_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "app/exit_code.h"
#include "app/time_option.h"
#include "app/verify_command.h"
#include "base/time.h"
#include "integration/book_world.h"

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kT = BookWorld::kHour;
constexpr const char* kTicker = "KXBOOK-26NOV22-T1";

class BookCommandTest : public testing::Test {
 protected:
  BookCommandTest() {
    world_.add({.ticker = kTicker,
                .line = "g1",
                .sent = kT,
                .yes = levels({{52'000, 13'600}}),
                .no = levels({{46'000, 2'000}}),
                .anchor = {},
                .anchored = true,
                .stream_id = 7});
    world_.add(kTicker, {kT + 10 * kSecond, Side::kYes, price_of(52'000), Size(400)});
    world_.flush();
    run(fmt::format("SELECT kd_ensure_partitions('ledger', {0}, {0})", kT));
    run(
        fmt::format("INSERT INTO ledger (position, at, stream_id, connection, channel, event, "
                    "gatherer) VALUES (1, {}, 7, 3, 'orderbook_delta', 'open', 'g1')",
                    kT - kSecond));
    prove_until(kT + 120 * kSecond);
  }

  void run(const std::string& sql) {
    const auto done = world_.production().query(sql);
    ASSERT_TRUE(done) << done.error().what;
  }
  void prove_until(std::int64_t until) {
    run(
        fmt::format("INSERT INTO stream_proofs (gatherer, stream_id, proven_until, at) VALUES "
                    "('g1', 7, {0}, {0}) ON CONFLICT (gatherer, stream_id, shard) DO UPDATE SET "
                    "proven_until = {0}, at = {0}",
                    until));
  }
  void add_rest(std::int64_t at, std::int64_t size) {
    run(
        fmt::format("INSERT INTO orderbook_snapshots (snapshot_ts, received_at, ticker, source, "
                    "yes_bids, no_bids, occurrence, gatherer) VALUES ({0}, {0} + 50000, '{1}', "
                    "'rest', '{{52000,{2}}}', '{{46000,2000}}', 0, 'g2')",
                    at, kTicker, size));
  }
  std::string url() const {
    const auto options = world_.production_as("");
    return fmt::format("postgres:///{}?user=reader&host={}&port={}", options.name, options.host,
                       options.port);
  }
  static std::string time(std::int64_t us) { return format_time(micros_from_us(us)); }

  int book(const std::string& ticker, std::int64_t at, bool json = false) {
    BookOptions options;
    options.databases.url = url();
    options.ticker = ticker;
    options.at = time(at);
    options.json = json;
    return captured([&] { return run_book(options); });
  }
  int book_of_gatherer(const std::string& ticker, std::int64_t at) {
    const auto file =
        std::filesystem::path(testing::TempDir()) /
        fmt::format("{}.yaml", scalar(world_.gatherer(), "SELECT current_database()"));
    std::ofstream(file) << gatherer_config();
    BookOptions options;
    options.databases.config = file;
    options.ticker = ticker;
    options.at = time(at);
    options.gatherer = "g1";
    const auto code = captured([&] { return run_book(options); });
    std::filesystem::remove(file);
    return code;
  }
  std::string gatherer_config() {
    return fmt::format(
        "gatherers:\n  - id: g1\n    database:\n      url: postgres:///{}?user=dedup_reader&"
        "host={}&port={}\nproduction:\n  url: {}\n",
        scalar(world_.gatherer(), "SELECT current_database()"), world_.production_as("").host,
        world_.production_as("").port, url());
  }
  int verify() {
    VerifyOptions options;
    options.databases.url = url();
    options.from = time(kT - 60 * kSecond);
    options.to = time(kT + 3'600 * kSecond);
    return captured([&] { return run_verify(options); });
  }
  int captured(const std::function<int()>& action) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = action();
    std::fflush(stdout);
    std::fflush(stderr);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  BookWorld world_;
  std::string out_;
  std::string err_;
};

TEST_F(BookCommandTest, PrintsAnExactBookWithWhatItRestsOn) {
  EXPECT_EQ(book(kTicker, kT + 20 * kSecond), kExitOk) << out_ << err_;
  EXPECT_THAT(out_, HasSubstr("2026-11-22T14:00:20Z: exact"));
  EXPECT_THAT(out_, HasSubstr("140.00    0.5200 |    0.5400            20.00    0.4600"));
  EXPECT_THAT(out_, HasSubstr("snapshot of g1 at 2026-11-22T14:00:00Z, anchored at "
                              "2026-11-22T14:00:01Z"));
  EXPECT_THAT(out_, HasSubstr("changes  1 applied"));
  EXPECT_EQ(book(kTicker, kT + 5 * kSecond, true), kExitOk);
  EXPECT_THAT(out_, HasSubstr(R"("yes_bids": [["0.5200", "136.00"]])"));
}

TEST_F(BookCommandTest, PrintsABookThatIsNotProvenAndSaysSo) {
  EXPECT_EQ(book(kTicker, kT + 300 * kSecond), kExitFailure);
  EXPECT_THAT(out_, HasSubstr("NOT EXACT"));
  EXPECT_THAT(out_, HasSubstr("not covered from 2026-11-22T14:0"));
  EXPECT_THAT(out_, HasSubstr("140.00    0.5200"));
}

TEST_F(BookCommandTest, NamesTheHole) {
  run(
      fmt::format("INSERT INTO ledger (position, at, stream_id, connection, channel, event, "
                  "from_ts, to_ts, reason, gatherer) VALUES (2, {}, 7, 3, 'orderbook_delta', "
                  "'gap', {}, {}, 'seq 5 after 3', 'g1')",
                  kT + 30 * kSecond, kT + 25 * kSecond, kT + 30 * kSecond));
  EXPECT_EQ(book(kTicker, kT + 20 * kSecond), kExitOk) << out_;
  EXPECT_EQ(book(kTicker, kT + 40 * kSecond), kExitFailure);
  EXPECT_THAT(out_, HasSubstr("not covered from 2026-11-22T14:00:25.000000Z to "
                              "2026-11-22T14:00:40.000000Z: gap on g1 (seq 5 after 3)"));
}

TEST_F(BookCommandTest, HelpsWithAMarketThatIsNotRecorded) {
  EXPECT_EQ(book("KXBOOK-26NOV22-T9", kT + 20 * kSecond), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("did you mean KXBOOK-26NOV22-T1?"));
  EXPECT_EQ(out_, "");
}

TEST_F(BookCommandTest, BeforeTheFirstSnapshotOfARecordedMarketTheAnswerSaysSo) {
  EXPECT_EQ(book(kTicker, kT - 20 * kSecond), kExitFailure);
  EXPECT_THAT(out_, HasSubstr("2026-11-22T13:59:40Z: NOT EXACT\n  - there is no snapshot"));
  EXPECT_THAT(out_, HasSubstr("the first book recorded of it is of 2026-11-22T14:00:00Z"));
  EXPECT_THAT(out_, Not(HasSubstr("no bids"))) << "nothing is known of its book";
  EXPECT_EQ(book(kTicker, kT - 20 * kSecond, true), kExitFailure);
  EXPECT_THAT(out_, HasSubstr(R"("exact": false, "reasons": ["there is no snapshot)"));
  EXPECT_THAT(out_, HasSubstr(R"("base": null, "changes": 0, "last_change": null, )"
                              R"("coverage": null})"));
  EXPECT_EQ(err_, "");
}

TEST_F(BookCommandTest, AFailedStatementIsNoAnswer) {
  run("REVOKE SELECT ON orderbook_deltas FROM reader");
  EXPECT_EQ(book(kTicker, kT + 20 * kSecond), kExitCannotStart);
  EXPECT_THAT(err_, HasSubstr("permission denied"));
  EXPECT_EQ(out_, "");
}

TEST_F(BookCommandTest, ADatabaseWithoutOurSchemaIsRefused) {
  run("ALTER TABLE schema_migrations RENAME TO other_migrations");
  EXPECT_EQ(book(kTicker, kT + 20 * kSecond), kExitCannotStart);
  EXPECT_THAT(err_, HasSubstr("has no schema of ours"));
}

TEST_F(BookCommandTest, AGatherersNextSnapshotMayBeHoursAway) {
  const auto market = generate_market(
      {.seed = 1, .changes = 200, .begin = kT, .changes_per_snapshot = 100, .lines = 1});
  world_.add_to_gatherer(kTicker, market);
  EXPECT_EQ(book_of_gatherer(kTicker, kT - 3 * 3'600 * kSecond), kExitFailure) << err_;
  EXPECT_THAT(out_, HasSubstr("the first book recorded of it is of"));
  EXPECT_EQ(book_of_gatherer("KXOTHER-1", kT), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("no snapshot of 'KXOTHER-1' is recorded"));
}

TEST_F(BookCommandTest, TellsUsageFromAnUnreachableDatabase) {
  BookOptions options;
  options.databases.url = "postgres:///nothing?host=/nowhere";
  options.ticker = kTicker;
  options.at = "whenever";
  EXPECT_EQ(captured([&] { return run_book(options); }), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--at"));
  options.at = "now";
  EXPECT_EQ(captured([&] { return run_book(options); }), kExitCannotStart);
}

TEST_F(BookCommandTest, VerifyIsCleanWhereTheRecordAgrees) {
  add_rest(kT + 20 * kSecond, 14'000);
  EXPECT_EQ(verify(), kExitOk) << out_ << err_;
  EXPECT_THAT(out_, HasSubstr("1 kept in full, compared again: 1 match"));
  EXPECT_THAT(out_, HasSubstr("clean"));
}

TEST_F(BookCommandTest, VerifyNamesTheLevelOfACorruptedChange) {
  add_rest(kT + 20 * kSecond, 14'000);
  run("UPDATE orderbook_deltas SET size_delta = 500");
  EXPECT_EQ(verify(), kExitIncomplete) << out_ << err_;
  EXPECT_THAT(out_,
              HasSubstr("FINDING book KXBOOK-26NOV22-T1 requested 2026-11-22T14:00:20Z by g2"));
  EXPECT_THAT(out_,
              HasSubstr("yes 0.5200: 141.00 rebuilt, 140.00 over REST (+1.00; 1 change by g1)"));
  EXPECT_THAT(out_, HasSubstr("1 findings"));
}

TEST_F(BookCommandTest, VerifyNamesATradeWithoutItsDelta) {
  run(fmt::format("SELECT kd_ensure_partitions('trades', {0}, {0})", kT));
  run(
      fmt::format("INSERT INTO trades (trade_id, exchange_ts, received_at, ticker, price, size, "
                  "taker_side, gatherer) VALUES (gen_random_uuid(), {0}, {0}, '{1}', 52000, 300, "
                  "false, 'g1')",
                  kT + 12 * kSecond, kTicker));
  EXPECT_EQ(verify(), kExitIncomplete) << out_ << err_;
  EXPECT_THAT(out_, HasSubstr("FINDING trade"));
}

TEST_F(BookCommandTest, VerifyIsSilentAboutWhatIsNotProven) {
  add_rest(kT + 200 * kSecond, 99);
  EXPECT_EQ(verify(), kExitOk) << out_;
  EXPECT_THAT(out_, HasSubstr("1 unproven"));
}

}  // namespace
}  // namespace kd
