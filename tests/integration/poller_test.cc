// The snapshot poller against an exchange that answers as a test says, over real sockets.
#include <gmock/gmock.h>

#include <atomic>

#include "base/mutex.h"
#include "codec/copy_reader.h"
#include "poller/snapshot_poller.h"
#include "support/eventually.h"
#include "support/scripted_exchange.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

HttpResponse json(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

std::string book(const std::string& ticker, const std::string& yes = R"(["0.4100","88.50"])") {
  return R"({"ticker":")" + ticker + R"(","orderbook_fp":{"yes_dollars":[)" + yes +
         R"(],"no_dollars":[["0.5400","20.00"],["0.5600","146.00"]]}})";
}

std::string books(const std::vector<std::string>& entries) {
  std::string list;
  for (const auto& entry : entries) list += (list.empty() ? "" : ",") + entry;
  return R"({"orderbooks":[)" + list + "]}";
}

// The tickers of a request for a batch of books, in order.
std::vector<std::string> asked(const HttpRequest& request) {
  std::vector<std::string> tickers;
  const std::string text(request.query());
  for (std::size_t at = 0; (at = text.find("tickers=", at)) != std::string::npos;) {
    at += 8;
    tickers.push_back(text.substr(at, text.find('&', at) - at));
  }
  return tickers;
}

struct Row {
  std::string ticker;
  std::string source;
  std::int64_t snapshot_ts;
  std::int64_t received_at;
  bool anchored;
};

class PollerTest : public testing::Test {
 protected:
  void start(const ScriptedExchange& exchange, std::chrono::milliseconds interval = 1h) {
    client_ = std::make_unique<RestClient>(RestClient::Options{.base_url = exchange.rest_url(),
                                                               .ca_file = {},
                                                               .timeout = 10s,
                                                               .max_retries = 3,
                                                               .retry_backoff = 1ms,
                                                               .tokens_per_second = 1e6,
                                                               .bucket_capacity = 1e6},
                                           nullptr, metrics_, silent_logger());
    poller_ = std::make_unique<SnapshotPoller>(
        SnapshotPoller::Options{
            .interval = interval, .concurrency = 2, .request_timeout = 10s, .phase = 0},
        tickers_, *client_,
        SnapshotPoller::Hooks{
            .hand_over = [this](Table table, RowBatch& rows) { keep(table, rows); },
            .quarantine =
                [this](const std::string& reason, std::string_view text) {
                  const MutexLock lock(mutex_);
                  quarantined_.push_back(reason + " | " + std::string(text));
                }},
        metrics_, silent_logger());
    poller_->start();
  }
  void keep(Table table, RowBatch& batch) {
    EXPECT_EQ(table, Table::kOrderbookSnapshots);
    CopyReader reader(batch.bytes, 12);
    CopyRow row;
    const MutexLock lock(mutex_);
    while (reader.next(row)) {
      rows_.push_back({.ticker = std::string(row.bytes(3)),
                       .source = std::string(row.bytes(4)),
                       .snapshot_ts = *row.int8(1),
                       .received_at = *row.int8(2),
                       .anchored = !row.is_null(7) || !row.is_null(8)});
      EXPECT_TRUE(row.is_null(10)) << "no stream";
      EXPECT_TRUE(row.is_null(11)) << "no seq";
    }
    EXPECT_TRUE(reader.complete());
  }
  std::vector<std::string> polled() {
    const MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& row : rows_) names.push_back(row.ticker);
    return names;
  }
  void add(const std::vector<std::string>& names) {
    std::vector<Interner::Id> ids;
    for (const auto& name : names) ids.push_back(tickers_.intern(name));
    poller_->add(ids);
  }
  double counter(const std::string& name) { return metrics_.counter(name, "").value(); }

  MetricsRegistry metrics_;
  Interner tickers_;
  Mutex mutex_;
  std::vector<Row> rows_ KD_GUARDED_BY(mutex_);
  std::vector<std::string> quarantined_ KD_GUARDED_BY(mutex_);
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<SnapshotPoller> poller_;
};

TEST_F(PollerTest, RowsAreMatchedByTickerWhateverTheAnswerHolds) {
  const ScriptedExchange exchange(
      {.rest =
           [](const HttpRequest&) {
             return json(200,
                         books({book("X-1"), book("C-1"), book("B-1", R"(["0.410001","1.00"])"),
                                book("A-1"), book("A-1")}));
           },
       .on_text = {}});
  start(exchange);
  const auto before = to_us(floor_to_ms(wall_now()));
  add({"A-1", "B-1", "C-1", "D-1"});
  ASSERT_TRUE(eventually([&] { return counter("poller_snapshots_fetched_total") == 2; }));
  EXPECT_THAT(polled(), ElementsAre("C-1", "A-1"));
  EXPECT_EQ(counter("poller_fetch_errors_total"), 1);
  EXPECT_EQ(counter("poller_books_missing_total"), 1);
  const MutexLock lock(mutex_);
  ASSERT_THAT(quarantined_, SizeIs(1));
  EXPECT_THAT(quarantined_[0], HasSubstr("rest book: yes_dollars"));
  EXPECT_THAT(quarantined_[0], HasSubstr(book("B-1", R"(["0.410001","1.00"])")));
  for (const auto& row : rows_) {
    EXPECT_EQ(row.source, "rest");
    EXPECT_FALSE(row.anchored);
    EXPECT_EQ(row.snapshot_ts % 1'000, 0);
    EXPECT_GE(row.snapshot_ts, before);
    EXPECT_GE(row.received_at, row.snapshot_ts);
  }
}

TEST_F(PollerTest, AsksForAHundredAtATimeWithTheKeyRepeated) {
  std::vector<std::size_t> sizes;
  Mutex mutex;
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   const MutexLock lock(mutex);
                                   std::vector<std::string> entries;
                                   for (const auto& t : asked(request)) entries.push_back(book(t));
                                   sizes.push_back(entries.size());
                                   return json(200, books(entries));
                                 },
                             .on_text = {}});
  start(exchange);
  std::vector<std::string> many;
  for (int i = 0; i < 250; ++i) many.push_back("KXM-T" + std::to_string(i) + ".5");
  add(many);
  ASSERT_TRUE(eventually([&] { return polled().size() == 250; }));
  const MutexLock lock(mutex);
  EXPECT_THAT(sizes, ElementsAre(100U, 100U, 50U));
}

TEST_F(PollerTest, WhatFailsIsCountedAndReadInTheNextCycle) {
  std::atomic<int> calls{0};
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   if (calls++ == 0) return json(500, "{}");
                                   std::vector<std::string> entries;
                                   for (const auto& t : asked(request)) entries.push_back(book(t));
                                   return json(200, books(entries));
                                 },
                             .on_text = {}});
  start(exchange, 2s);
  add({"A-1", "B-1"});
  ASSERT_TRUE(eventually([&] { return counter("poller_fetch_errors_total") == 2; }));
  EXPECT_TRUE(eventually([&] { return counter("poller_snapshots_fetched_total") >= 2; }));
  EXPECT_THAT(polled(), Contains("A-1"));
}

TEST_F(PollerTest, OneBookCanBeHadAtOnce) {
  const ScriptedExchange exchange({.rest =
                                       [](const HttpRequest& request) {
                                         EXPECT_EQ(request.path(),
                                                   "/trade-api/v2/markets/orderbooks");
                                         return json(200, books({book("A-1")}));
                                       },
                                   .on_text = {}});
  start(exchange);
  std::atomic<int> answers{0};
  const auto before = wall_now();
  poller_->fetch_now("A-1", [&](const Expected<RestBook>& got) {
    EXPECT_TRUE(got);
    EXPECT_EQ(got->ticker, "A-1");
    EXPECT_EQ(got->no.size(), 2U);
    EXPECT_GE(got->requested, before);
    EXPECT_GE(got->received, got->requested);
    ++answers;
  });
  poller_->fetch_now("GONE", [&](const Expected<RestBook>& got) {
    EXPECT_FALSE(got);
    ++answers;
  });
  EXPECT_TRUE(eventually([&] { return answers == 2; }));
}

TEST_F(PollerTest, WhatIsRemovedIsReadNoMore) {
  ScriptedExchange exchange({.rest =
                                 [&](const HttpRequest& request) {
                                   std::vector<std::string> entries;
                                   for (const auto& t : asked(request)) entries.push_back(book(t));
                                   return json(200, books(entries));
                                 },
                             .on_text = {}});
  start(exchange, 1s);
  add({"A-1", "B-1"});
  ASSERT_TRUE(eventually([&] { return polled().size() >= 2; }));
  const Interner::Id gone[] = {tickers_.find("A-1")};
  poller_->remove(gone);
  ASSERT_TRUE(eventually([&] {
    const auto requests = exchange.requests();
    return requests.back().find("A-1") == std::string::npos;
  }));
  EXPECT_TRUE(
      eventually([&] { return metrics_.gauge("poller_cycle_coverage_ratio", "").value() == 1; }));
}

}  // namespace
}  // namespace kd
