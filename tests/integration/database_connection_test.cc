#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "codec/copy_row.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConnectionTest : public testing::Test {
 protected:
  const std::string database_ = shared_cluster().make_empty_database("connection");
  std::unique_ptr<Connection> session_ = shared_cluster().connect(database_);
};

TEST_F(ConnectionTest, CopyBringsEveryTypeThereAndBackUnchanged) {
  ASSERT_TRUE(
      session_->exec("CREATE TABLE t (a int2, b int4, c int8, d bool, e text, f bytea, "
                     "g jsonb, h int8[], i text[], j int8, k int8[])"));
  std::vector<char> rows;
  CopyRowWriter row(rows);
  constexpr int kRows = 30'000;  // several CopyData messages
  for (int i = 0; i < kRows; ++i) {
    row.begin_row(11);
    row.int2(-3);
    row.int4(i);
    row.int8(std::numeric_limits<std::int64_t>::min());
    row.boolean(true);
    row.bytes("tickér");
    row.bytes(std::string_view("\0\xff", 2));
    row.jsonb(R"({"a": 1})");
    row.int8_array(std::vector<std::int64_t>{1, -2});
    row.text_array(std::vector<std::string_view>{"x", "y z"});
    row.null();
    row.int8_array({});
  }
  const auto stored = session_->copy_in("COPY t FROM STDIN (FORMAT binary)", rows);
  ASSERT_TRUE(stored) << stored.error().what;
  EXPECT_EQ(*stored, kRows);
  EXPECT_EQ(
      scalar(*session_, "SELECT t::text FROM t WHERE b = 7"),
      R"((-3,7,-9223372036854775808,t,tickér,"\\x00ff","{""a"": 1}","{1,-2}","{x,""y z""}",,{}))");
  std::vector<char> back;
  const auto read =
      session_->copy_out("COPY (SELECT * FROM t ORDER BY b) TO STDOUT (FORMAT binary)", back);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, kRows);
  EXPECT_EQ(back, rows);
}

TEST_F(ConnectionTest, CopyOfNothingIsNothing) {
  ASSERT_TRUE(session_->exec("CREATE TABLE t (a int)"));
  EXPECT_EQ(*session_->copy_in("COPY t FROM STDIN (FORMAT binary)", std::span<const char>()), 0);
  std::vector<char> rows;
  EXPECT_EQ(*session_->copy_out("COPY t TO STDOUT (FORMAT binary)", rows), 0);
  EXPECT_TRUE(rows.empty());
}

TEST_F(ConnectionTest, ABadRowIsTheDatasFaultAndTheSessionLives) {
  ASSERT_TRUE(session_->exec("CREATE TABLE t (a int4 PRIMARY KEY)"));
  std::vector<char> rows;
  CopyRowWriter row(rows);
  for (int i = 0; i < 2; ++i) {
    row.begin_row(1);
    row.int4(1);
  }
  const auto stored = session_->copy_in("COPY t FROM STDIN (FORMAT binary)", rows);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().remedy, Remedy::kDropItem);
  EXPECT_THAT(stored.error().what, HasSubstr("23505"));
  EXPECT_EQ(scalar(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_F(ConnectionTest, AMissingTableAsksForAPerson) {
  EXPECT_EQ(session_->copy_in("COPY nowhere FROM STDIN (FORMAT binary)", std::span<const char>())
                .error()
                .remedy,
            Remedy::kGiveUp);
}

TEST_F(ConnectionTest, CommitIsDurableAndRollbackForgets) {
  EXPECT_EQ(scalar(*session_, "SHOW synchronous_commit"), "on");
  ASSERT_TRUE(session_->exec("CREATE TABLE t (a int)"));
  ASSERT_TRUE(session_->begin());
  EXPECT_EQ(*session_->execute("INSERT INTO t VALUES ($1), ($2)", {"1", std::nullopt}), 2);
  ASSERT_TRUE(session_->rollback());
  EXPECT_EQ(scalar(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_F(ConnectionTest, CommitOfAFailedTransactionIsAnError) {
  ASSERT_TRUE(session_->begin());
  ASSERT_FALSE(session_->exec("SELECT 1/0"));
  const auto committed = session_->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kRetry);
}

TEST_F(ConnectionTest, AnAdvisoryLockIsHeldByOneSessionUntilItEnds) {
  const auto key = advisory_key("leader");
  ASSERT_TRUE(*session_->try_advisory_lock(key));
  const auto other = shared_cluster().connect(database_);
  EXPECT_FALSE(*other->try_advisory_lock(key));
  session_.reset();
  bool locked = false;
  for (int tries = 0; tries < 1000 && !locked; ++tries) locked = *other->try_advisory_lock(key);
  EXPECT_TRUE(locked);
}

TEST_F(ConnectionTest, ALostSessionSaysReconnectAndALostCommitInDoubt) {
  ASSERT_TRUE(session_->begin());
  const auto pid = scalar(*session_, "SELECT pg_backend_pid()");
  const auto admin = shared_cluster().connect(database_);
  ASSERT_EQ(scalar(*admin, "SELECT pg_terminate_backend(" + pid + ", 10000)"), "t");
  const auto committed = session_->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kInDoubt);
  EXPECT_FALSE(session_->usable());
  EXPECT_EQ(session_->exec("SELECT 1").error().remedy, Remedy::kReconnect);
}

TEST_F(ConnectionTest, FailuresToConnectNameTheServerAndNeverThePassword) {
  auto options = shared_cluster().options("no_such_database");
  options.password = "hunter2";
  const auto missing = Connection::connect(options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(missing.error().what, HasSubstr("no_such_database"));

  options.host = "/nowhere";
  const auto unreachable = Connection::connect(options);
  EXPECT_EQ(unreachable.error().remedy, Remedy::kReconnect);
  EXPECT_THAT(unreachable.error().what, Not(HasSubstr("hunter2")));

  ConnectOptions broken;
  broken.url = "postgres://me:hunter2@[half/db";
  const auto refused = Connection::connect(broken);
  EXPECT_EQ(refused.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(refused.error().what, Not(HasSubstr("hunter2")));
}

TEST_F(ConnectionTest, AUrlIsTakenInsteadOfItsParts) {
  ConnectOptions options;
  options.url =
      "postgresql:///" + database_ + "?user=postgres&host=" + shared_cluster().options("").host;
  const auto session = Connection::connect(options);
  ASSERT_TRUE(session) << session.error().what;
  EXPECT_EQ(scalar(**session, "SELECT current_database()"), database_);
}

TEST(LocalClusterTest, KeepsWhatWasCommittedWhenItIsKilled) {
  PgCluster cluster;
  const auto database = cluster.make_empty_database("kept");
  ASSERT_TRUE(cluster.connect(database)->exec("CREATE TABLE t AS SELECT 7 AS x"));
  cluster.server().kill();
  EXPECT_EQ(Connection::connect(cluster.options(database)).error().remedy, Remedy::kReconnect);
  ASSERT_TRUE(cluster.server().start());
  EXPECT_EQ(scalar(*cluster.connect(database), "SELECT x FROM t"), "7");
  ASSERT_TRUE(cluster.server().stop());
  ASSERT_TRUE(cluster.server().start());
  EXPECT_EQ(scalar(*cluster.connect(database), "SELECT x FROM t"), "7");
}

TEST(LocalClusterTest, AServerThatIsStoppedIsGivenUpInTime) {
  PgCluster cluster;
  auto options = cluster.options(cluster.make_empty_database("stopped"));
  options.answer_timeout = std::chrono::milliseconds(200);
  const auto session = Connection::connect(options);
  ASSERT_TRUE(session);
  const std::vector<char> rows(10 << 20, 'x');  // more than any socket buffer takes
  ASSERT_TRUE((*session)->exec("CREATE TABLE t (a text)"));
  cluster.server().pause();
  const auto copied = (*session)->copy_in("COPY t FROM STDIN (FORMAT binary)", rows);
  EXPECT_EQ(copied.error().remedy, Remedy::kReconnect);
  EXPECT_THAT(copied.error().what, HasSubstr("no answer within 200 ms"));
  EXPECT_EQ((*session)->exec("SELECT 1").error().remedy, Remedy::kReconnect);
  EXPECT_FALSE((*session)->usable());
  cluster.server().resume();
}

TEST(LocalClusterTest, LetsNobodyInWithoutThePassword) {
  PgCluster throwaway;  // only for its directory's parent being gone with it
  LocalClusterOptions options;
  options.directory = throwaway.server().log_file().parent_path() / "scram";
  options.superuser_password = "s3cret";
  options.dies_with_parent = true;
  auto cluster = LocalCluster::open(options);
  ASSERT_TRUE(cluster) << cluster.error().what;
  const auto started = (*cluster)->start();
  ASSERT_TRUE(started) << started.error().what;
  ASSERT_TRUE(ensure_database(**cluster, "app"));
  const auto admin = Connection::connect((*cluster)->connect_options("app"));
  ASSERT_TRUE(admin) << admin.error().what;
  ASSERT_TRUE((*admin)->exec("CREATE ROLE app LOGIN"));
  ASSERT_TRUE(set_role_passwords(**admin, {{"app", "it's"}}));
  EXPECT_TRUE(Connection::connect((*cluster)->connect_options("app", "app", "it's")));
  const auto refused = Connection::connect((*cluster)->connect_options("app", "app", "wr0ng"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(refused.error().what, Not(HasSubstr("wr0ng")));
}

}  // namespace
}  // namespace kd
