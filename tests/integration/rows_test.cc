// The graded frames through router and writers into a real PostgreSQL: what a reader of the tables
// finds is what the exchange said, to the last digit.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "router/router.h"
#include "support/writer_process.h"

namespace kd {
namespace {

// All frames of connection A are stored once, for all cases of this file.
class RowsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    WriterSite site(shared_cluster(), "rows");
    database_ = site.database;
    WriterProcess process(site, 64 << 20);
    process.start_all();
    RouterMetrics router_metrics(process.metrics);
    std::int64_t streams = 0;
    const Interner tickers;
    Router router(
        {.batch_rows = {100, 100, 100, 100, 100, 100, 100, 100},
         .tickers = &tickers,
         .next_stream_id = [&] { return ++streams; },
         .on_lifecycle = [](const LifecycleEvent&, bool) {},
         .selects = {},
         .ask_legs = {},
         .on_flipped = {},
         .on_gap = {}},
        [&](Table table, RowBatch& batch) { process.queue(table).push(batch); }, router_metrics);
    feed(router);
    router.connection_closed(0, micros_from_ms(1'795'388'999'000), "end of the fixture");
    router.flush();
    ASSERT_TRUE(process.finish());
    EXPECT_TRUE(process.rejected.empty());
  }

  static void feed(Router& router) {
    std::ifstream file(KD_SOURCE_DIR "/tests/golden/ws-frames.jsonl");
    simdjson::dom::parser parser;
    for (std::string line; std::getline(file, line);) {
      const simdjson::dom::element item = parser.parse(line);
      if (std::string_view(item["conn"]) != "A" || std::string_view(item["dir"]) != "s2c") continue;
      auto frame = simdjson::minify(item["frame"]);
      frame.reserve(frame.size() + kFramePadding);
      router.on_frame(0, frame, micros_from_ms(1'795'400'000'000));
    }
  }

  static std::string ask(const std::string& sql) {
    return scalar(*shared_cluster().connect(database_), sql);
  }
  static std::string database_;
};
std::string RowsTest::database_;

TEST_F(RowsTest, DeltasKeepPriceSignAndHundredths) {
  EXPECT_EQ(ask("SELECT string_agg(format('%s %s %s %s', side, price, size_delta, occurrence), "
                "', ' ORDER BY position) FROM orderbook_deltas "
                "WHERE ticker = 'KXCPIYOY-26NOV-T3.1' AND seq < 9"),
            "t 43000 7500 0, t 42000 -30000 0, t 43000 7500 1, f 56000 -1 0, t 41000 -8850 0")
      << "two equal changes in one millisecond are two rows";
}

TEST_F(RowsTest, TradesKeepFractionsAndTheBlockFlag) {
  EXPECT_EQ(ask("SELECT string_agg(format('%s %s %s %s', price, size, taker_side, is_block), "
                "', ' ORDER BY position) FROM trades"),
            "53000 13600 f f, 730 37 t f, 43500 25000000 t t");
  EXPECT_EQ(ask("SELECT exchange_ts FROM trades WHERE trade_id = "
                "'7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641'"),
            "1795356007103000");
}

TEST_F(RowsTest, SnapshotsKeepLevelsAndAnAbsentSideIsEmpty) {
  EXPECT_EQ(ask("SELECT format('%s %s %s', snapshot_ts, yes_bids, no_bids) "
                "FROM orderbook_snapshots WHERE seq = 2"),
            "1795356000081000 {} {95000,5500,96000,500000}");
  EXPECT_EQ(ask("SELECT count(*) FROM orderbook_snapshots"), "10");
}

TEST_F(RowsTest, AnAnchorHoldsTheChangesOfTheSecondBehindItsSnapshot) {
  EXPECT_EQ(ask("SELECT format('%s %s', anchor_ts, anchor_deltas) FROM orderbook_snapshots "
                "WHERE seq = 17"),
            ask("SELECT format('%s {%s,0,%s,%s}', 1795356005190000, exchange_ts, price, "
                "size_delta) FROM orderbook_deltas WHERE seq = 19"))
      << "the one change between the resync snapshot and a second later";
}

TEST_F(RowsTest, TickersKeepSignedNotionals) {
  EXPECT_EQ(ask("SELECT string_agg(format('%s %s %s %s', last_price, volume, dollar_volume, "
                "last_trade_size), ', ' ORDER BY position) FROM tickers"),
            "53000 4821190742 24105953 13600, 0 0 0 0, 730 1237 -1 37");
}

TEST_F(RowsTest, LifecyclePayloadsAreWholeAndTheirTypesTold) {
  EXPECT_EQ(ask("SELECT count(*) || ' ' || count(DISTINCT event_type) FROM lifecycle_events"),
            "17 10");
  EXPECT_EQ(ask("SELECT payload->'additional_metadata'->>'floor_strike' FROM lifecycle_events "
                "WHERE ticker = 'KXHIGHNY-26NOV24-B44.5'"),
            "44");
}

TEST_F(RowsTest, TheDeliberateHoleIsInTheLedger) {
  EXPECT_EQ(ask("SELECT format('%s %s %s', count, from_ts, to_ts) FROM ledger "
                "WHERE event = 'gap' AND channel = 'orderbook_delta'"),
            "1 1795356003410000 1795356004105000");
  EXPECT_EQ(ask("SELECT count(*) FROM quarantine"), "0");
}

}  // namespace
}  // namespace kd
