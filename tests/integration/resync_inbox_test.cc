// Requests that the deduplicator writes into a gatherer's database reach the gatherer once.
#include "writer/resync_inbox.h"

#include <gmock/gmock.h>

#include "base/mutex.h"
#include "support/eventually.h"
#include "support/pg_cluster.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ResyncInboxTest : public testing::Test {
 protected:
  void open() {
    inbox_ = std::make_unique<ResyncInbox>(
        ResyncInbox::Options{.connect = cluster_.options(database_, "gatherer"), .interval = 5ms},
        ResyncInbox::Hooks{.renew =
                               [this](const std::vector<std::string>& tickers) {
                                 const MutexLock lock(mutex_);
                                 for (const auto& ticker : tickers) asked_.push_back(ticker);
                               },
                           .replace =
                               [this](std::int32_t connection, const std::string&) {
                                 const MutexLock lock(mutex_);
                                 replaced_.push_back(connection);
                               }},
        silent_logger());
    ASSERT_TRUE(eventually([&] {
      return scalar(*admin_,
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                    "'%resync_requests r%' AND usename = 'gatherer'") != "0";
    }));
  }
  void request(const std::string& columns, const std::string& values) {
    ASSERT_TRUE(reader_->exec("INSERT INTO resync_requests (" + columns + ", reason) VALUES (" +
                              values + ", 'frozen')"));
  }
  std::vector<std::string> asked() {
    const MutexLock lock(mutex_);
    return asked_;
  }

  PgCluster& cluster_ = shared_cluster();
  const std::string database_ = cluster_.make_database("inbox", SchemaKind::kGatherer);
  std::unique_ptr<Connection> admin_ = cluster_.connect(database_);
  std::unique_ptr<Connection> reader_ = cluster_.connect(database_, "dedup_reader");
  Mutex mutex_;
  std::vector<std::string> asked_ KD_GUARDED_BY(mutex_);
  std::vector<std::int32_t> replaced_ KD_GUARDED_BY(mutex_);
  std::unique_ptr<ResyncInbox> inbox_;
};

TEST_F(ResyncInboxTest, EveryRequestComesOnceAndOldOnesDoNot) {
  request("ticker", "'KXOLD-1'");
  open();
  request("ticker", "'KXA-1'");
  request("ticker", "'KXB-1'");
  EXPECT_TRUE(eventually([&] { return asked().size() == 2; }));
  request("ticker", "'KXA-1'");
  EXPECT_TRUE(eventually([&] { return asked().size() == 3; }));
  EXPECT_THAT(asked(), ElementsAre("KXA-1", "KXB-1", "KXA-1"));
}

TEST_F(ResyncInboxTest, AStreamThatRunsIsAnsweredWithItsConnection) {
  const auto hour = std::to_string(1'788'220'800'000'000);
  ASSERT_TRUE(admin_->exec("SELECT kd_ensure_partitions('ledger', " + hour + ", " + hour + ")"));
  const auto ledger = [&](int position, int stream, const std::string& event) {
    ASSERT_TRUE(admin_->exec(
        "INSERT INTO ledger (position, at, stream_id, connection, channel, event) VALUES (" + hour +
        " + " + std::to_string(position) + ", 1, " + std::to_string(stream) + ", " +
        std::to_string(stream * 10) + ", 'orderbook_delta', '" + event + "')"));
  };
  ledger(1, 1, "open");
  ledger(2, 2, "open");
  ledger(3, 1, "close");
  open();
  request("stream_id", "1");
  request("stream_id", "2");
  request("ticker", "'KXEND-1'");
  EXPECT_TRUE(eventually([&] { return asked().size() == 1; }));
  const MutexLock lock(mutex_);
  EXPECT_THAT(replaced_, ElementsAre(20));
}

}  // namespace
}  // namespace kd
