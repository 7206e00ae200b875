#include "base/log.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace kd {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(LogTest, AJsonLineKeepsNumbersBareAndEscapesText) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("kd_log_test_" + std::to_string(::getpid()) + ".log");
  std::filesystem::remove(file);
  {
    const auto sink = open_log({.level = "info", .format = "json", .output = file.string()});
    ASSERT_TRUE(sink) << sink.error().what;
    const Logger log(*sink, "test");
    log.debug("not this one");
    log.info("say \"hi\"", {kv("rows", 5), kv("tls", false), kv("table", "a\nb")});
  }
  std::string line;
  std::getline(std::ifstream(file) >> std::ws, line);
  std::filesystem::remove(file);
  EXPECT_THAT(line, StartsWith(R"({"time":"2)"));
  EXPECT_THAT(line, EndsWith(R"("level":"info","component":"test","message":"say \"hi\"",)"
                             R"("rows":5,"tls":false,"table":"a\u000ab"})"));
}

TEST(LogTest, AnUnknownLevelIsNamed) {
  const auto sink = open_log({.level = "loud", .format = "json", .output = "stdout"});
  ASSERT_FALSE(sink);
  EXPECT_THAT(sink.error().what, StartsWith("logging.level: 'loud'"));
}

}  // namespace
}  // namespace kd
