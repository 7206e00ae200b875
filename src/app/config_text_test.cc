#include "app/config_text.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(ConfigTextTest, KeysOfASectionStandTogether) {
  ConfigText config;
  config.set("spill.dir", "/spill");
  config.set("connections.orderbook", "1");
  config.set("gatherer_id", "g");
  config.set("writers.trades.batch_size", "10");
  config.set("connections.ticker", "2");
  config.set("writers.memory_limit", "1MiB");
  config.set("connections.orderbook", "3");
  EXPECT_EQ(config.text(),
            "connections:\n  orderbook: 3\n  ticker: 2\n"
            "gatherer_id: g\n"
            "spill:\n  dir: /spill\n"
            "writers:\n  memory_limit: 1MiB\n  trades:\n    batch_size: 10\n");
}

TEST(ConfigTextTest, AQuotedTextIsReadBack) {
  EXPECT_EQ(yaml_quoted("a\"b\\c${D}"), "\"a\\\"b\\\\c$${D}\"");
}

}  // namespace
}  // namespace kd
