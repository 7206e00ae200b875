#include "config/printer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "config/loader.h"

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string file(const std::string& path) {
  std::ifstream in(std::string(KD_SOURCE_DIR) + "/" + path);
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::string> every_variable(const std::string& name) { return "value-of-" + name; }
std::optional<std::string> no_variable(const std::string&) { return std::nullopt; }

GathererConfig least_gatherer() {
  return *parse_gatherer_config(
      "gatherer_id: gatherer-1\n"
      "api: {key_id: value-of-KALSHI_KEY_ID, private_key_file: /etc/kalshi-data/kalshi.key}\n"
      "spill: {dir: /var/lib/kalshi-data/spill}\ntape: {dir: /var/lib/kalshi-data/tape}\n",
      "least", no_variable);
}

TEST(PrinterTest, MasksSecrets) {
  GathererConfig config;
  config.gatherer_id = "g-1";
  config.api.key_id = "11111111-key";
  config.database.password = "hunter2";
  const auto text = print_config(config);
  EXPECT_THAT(text, HasSubstr("gatherer_id: g-1\n"));
  EXPECT_THAT(text, HasSubstr("  password: \"***\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("11111111-key")));
}

TEST(PrinterTest, PrintsOnlyWhatTakesEffect) {
  DeduplicatorConfig config;
  config.production.url = "postgres://u:hunter2@h/d";
  const auto text = print_config(config);
  EXPECT_THAT(text, HasSubstr("production:\n  url: \"***\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("  host: localhost")));
}

TEST(PrinterTest, PrintedGatherersCanBeReadAgain) {
  DeduplicatorConfig config;
  config.gatherers.resize(2);
  config.gatherers[0].id = "a";
  config.gatherers[1].id = "b";
  config.gatherers[1].database.host = "/run/a b";
  const auto again = parse_deduplicator_config(print_config(config), "printed", no_variable);
  ASSERT_TRUE(again) << again.error().what << "\n" << print_config(config);
  ASSERT_EQ(again->gatherers.size(), 2U);
  EXPECT_EQ(again->gatherers[1].id, "b");
  EXPECT_EQ(again->gatherers[1].database.host, "/run/a b");
}

TEST(PrinterTest, TheExampleFilesHaveEveryKeyWithItsDefault) {
  EXPECT_EQ(file("configs/gatherer.example.yaml"), gatherer_example());
  EXPECT_EQ(file("configs/deduplicator.example.yaml"), deduplicator_example());
  const auto gatherer = parse_gatherer_config(gatherer_example(), "example", every_variable);
  ASSERT_TRUE(gatherer) << gatherer.error().what;
  EXPECT_EQ(print_config(*gatherer), print_config(least_gatherer()));
  const auto deduplicator =
      parse_deduplicator_config(deduplicator_example(), "example", every_variable);
  ASSERT_TRUE(deduplicator) << deduplicator.error().what;
  EXPECT_EQ(print_config(*deduplicator),
            print_config(
                *parse_deduplicator_config("gatherers: [{id: gatherer-1}]", "least", no_variable)));
}

TEST(PrinterTest, TheReferencePageIsTheSchema) {
  EXPECT_EQ(file("docs/kalshi-data/deployment/configuration.md"), config_reference());
}

}  // namespace
}  // namespace kd
