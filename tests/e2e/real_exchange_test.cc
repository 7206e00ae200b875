#include "app/real_exchange.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <charconv>
#include <filesystem>

#include "app/local_http.h"
#include "codec/flat_json.h"
#include "database/child_process.h"
#include "e2e/workbench.h"
#include "net/crypto.h"
#include "support/eventually.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// exchange-sim behind TLS in the place of Kalshi.
class RealExchangeTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(bench_ / "keys");
    ASSERT_TRUE(generate_ed25519_key_pair(bench_ / "mine.key", bench_ / "keys/mine.pem"));
    const auto port = free_local_port();
    ASSERT_TRUE(port);
    address_ = "127.0.0.1:" + std::to_string(*port);
    const auto child =
        start_child({.command = {program("exchange-sim"), "--listen", address_, "--tls",
                                 bench_ / "tls", "--keys", bench_ / "keys", "--rate", "500"},
                     .output = bench_ / "sim.log",
                     .directory = bench_ / "",
                     .account = {},
                     .signal_on_parent_death = SIGKILL});
    ASSERT_TRUE(child) << child.error().what;
    simulator_ = *child;
    ASSERT_TRUE(eventually([&] { return !local_port_is_free(*port); }));
  }
  void TearDown() override {
    if (simulator_ <= 0) return;
    ::kill(simulator_, SIGTERM);
    EXPECT_TRUE(await_child(simulator_, std::chrono::seconds(30)));
  }

  Outcome up(const std::string& key_id, bool trust = true) {
    std::vector<std::string> command = {program("kalshi-data"),
                                        "up",
                                        "--exchange",
                                        "demo",
                                        "--rest-url",
                                        "https://" + address_ + "/trade-api/v2",
                                        "--ws-url",
                                        "wss://" + address_ + "/trade-api/ws/v2",
                                        "--key-id",
                                        key_id,
                                        "--private-key",
                                        bench_ / "mine.key",
                                        "--series",
                                        "KXSIM000,KXSIM001",
                                        "--for",
                                        "4s",
                                        "--dir",
                                        bench_ / "var",
                                        "--report",
                                        bench_ / "report.json"};
    if (trust) command.insert(command.end(), {"--ca-file", bench_ / "tls/ca.pem"});
    return run_program(command);
  }

  Workbench bench_;
  std::string address_;
  pid_t simulator_ = -1;
};

TEST_F(RealExchangeTest, IsRecordedOverVerifiedTlsWithoutAnAudit) {
  const auto outcome = up("mine");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto report = flatten_json(read_file(bench_ / "report.json"));
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->at("mode"), "demo");
  EXPECT_FALSE(report->contains("clean"));
  std::int64_t deltas = 0;
  const std::string& text = report->at("rows.orderbook_deltas");
  std::from_chars(text.data(), text.data() + text.size(), deltas);
  EXPECT_GT(deltas, 0);
  EXPECT_THAT(read_file(bench_ / "var/config/gatherer-1.yaml"), HasSubstr("series:KXSIM001"));
}

TEST_F(RealExchangeTest, RefusesAnUnknownKeyAStrangeCertificateAndAnOpenKeyFile) {
  const auto unknown = up("somebody");
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.output, HasSubstr("the exchange refuses the key somebody"));
  const auto untrusted = up("mine", false);
  EXPECT_EQ(untrusted.exit_code, 3);
  EXPECT_THAT(untrusted.output, HasSubstr("certificate"));
  fs::permissions(bench_ / "mine.key", fs::perms::group_read, fs::perm_options::add);
  const auto open = up("mine");
  EXPECT_EQ(open.exit_code, 3);
  EXPECT_THAT(open.output, HasSubstr("chmod 600"));
  EXPECT_FALSE(fs::exists(bench_ / "var/clusters")) << "nothing was started";
}

}  // namespace
}  // namespace kd
