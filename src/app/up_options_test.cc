#include "app/up_options.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <functional>

namespace kd {
namespace {

using testing::HasSubstr;

struct BadOption {
  std::function<void(UpOptions&)> change;
  const char* what;
};

class InvalidUpOptionsTest : public testing::TestWithParam<BadOption> {};

TEST_P(InvalidUpOptionsTest, IsRefusedByName) {
  UpOptions options;
  GetParam().change(options);
  const auto checked = check_up_options(options);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr(GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(
    Table, InvalidUpOptionsTest,
    testing::Values(
        BadOption{[](UpOptions& o) { o.gatherers = 0; }, "--gatherers must be 1 to 16"},
        BadOption{[](UpOptions& o) { o.connections = 3; }, "--connections must be 4 to 200"},
        BadOption{[](UpOptions& o) { o.markets = 0; }, "--markets must be"},
        BadOption{[](UpOptions& o) { o.markets_per_sid = 0; }, "--markets-per-sid must be"},
        BadOption{[](UpOptions& o) { o.exchange = real_exchange("demo"); },
                  "--exchange demo needs --key-id and --private-key"},
        BadOption{[](UpOptions& o) {
                    o.exchange = real_exchange("demo");
                    o.exchange->key_id = o.exchange->private_key_file = "x";
                    o.exchange->series.clear();
                  },
                  "--series must name"},
        BadOption{[](UpOptions& o) {
                    o.exchange = real_exchange("production");
                    o.exchange->key_id = o.exchange->private_key_file = "x";
                    o.replay = "/";
                  },
                  "do not go with --exchange production"},
        BadOption{[](UpOptions& o) { o.rate = 0; }, "--rate must be"},
        BadOption{[](UpOptions& o) { o.rate = std::nan(""); }, "--rate must be"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.speed = "inf";
                  },
                  "--speed: 'inf'"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.speed = "nan";
                  },
                  "--speed: 'nan'"},
        BadOption{[](UpOptions& o) { o.replay = "/nowhere"; }, "--replay: '/nowhere' is not"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.speed = "fast";
                  },
                  "--speed: 'fast'"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.speed = "-1";
                  },
                  "--speed: '-1'"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.stamps = "s";
                  },
                  "--stamps: 's'"},
        BadOption{[](UpOptions& o) {
                    o.replay = "/";
                    o.duration = std::chrono::seconds(1);
                  },
                  "--for cannot be combined with --replay"}));

TEST(UpOptionsTest, TheDefaultsAreFine) {
  EXPECT_TRUE(check_up_options({}));
  EXPECT_FALSE(UpOptions{}.ends_by_itself());
}

TEST(UpOptionsTest, AReplayBeginsEmptyUnlessToldOtherwise) {
  UpOptions options;
  EXPECT_FALSE(options.begins_empty());
  options.replay = "/recordings";
  EXPECT_TRUE(options.begins_empty());
  options.keep = true;
  EXPECT_FALSE(options.begins_empty());
}

TEST(UpOptionsTest, ARecordingHoldsEvents) {
  namespace fs = std::filesystem;
  const auto root = fs::path(testing::TempDir()) / ("kd_rec_" + std::to_string(getpid()));
  fs::create_directories(root / "events" / "KX-1");
  const auto empty = check_recording(root);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().what, HasSubstr("is no recording"));
  std::ofstream(root / "events" / "KX-1" / "2026-08-05.ndjson.gz") << "x";
  EXPECT_TRUE(check_recording(root));
  EXPECT_FALSE(check_recording(root / "events"));
  std::ofstream(root / "g-20260811T003042Z-000001.kdtape") << "x";
  fs::remove_all(root / "events");
  EXPECT_TRUE(check_recording(root)) << "a tape";
  fs::remove_all(root);
}

TEST(UpOptionsTest, EveryKindOfSocketGetsAtLeastOne) {
  const auto least = share_sockets(4);
  EXPECT_EQ(least.orderbook, 1);
  const auto usual = share_sockets(8);
  EXPECT_EQ(usual.ticker + usual.trade + usual.lifecycle + usual.orderbook, 8);
  const auto many = share_sockets(150);
  EXPECT_EQ(many.ticker, 2);
  EXPECT_EQ(many.trade, 2);
  EXPECT_EQ(many.lifecycle, 2);
  EXPECT_EQ(many.orderbook, 144);
}

TEST(UpOptionsTest, AnOverrideIsAKeyAndAValue) {
  const auto pair = parse_override("connections.dial_rate=50=x");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->first, "connections.dial_rate");
  EXPECT_EQ(pair->second, "50=x");
  EXPECT_FALSE(parse_override("connections.dial_rate"));
  EXPECT_FALSE(parse_override("=50"));
}

TEST(UpOptionsTest, ARunOfARealExchangeIsNotAudited) {
  UpOptions options;
  options.duration = std::chrono::seconds(1);
  EXPECT_TRUE(options.is_audited());
  options.exchange = real_exchange("demo");
  EXPECT_FALSE(options.is_audited());
  EXPECT_FALSE(real_exchange("other"));
  EXPECT_EQ(options.exchange->ws_url, "wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2");
}

}  // namespace
}  // namespace kd
