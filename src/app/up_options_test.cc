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
  fs::remove_all(root);
}

TEST(UpOptionsTest, EveryKindOfSocketGetsAtLeastOne) {
  const auto least = share_sockets(4);
  EXPECT_EQ(least.orderbook, 1);
  const auto usual = share_sockets(8);
  EXPECT_EQ(usual.ticker + usual.trade + usual.lifecycle + usual.orderbook, 8);
}

}  // namespace
}  // namespace kd
