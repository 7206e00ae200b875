#include "app/coverage_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/exit_code.h"

namespace kd {
namespace {

CoverageOptions with(std::optional<std::string> config, std::optional<std::string> url) {
  CoverageOptions options;
  options.database = {.config = std::move(config), .url = std::move(url)};
  return options;
}

TEST(CoverageCommand, RefusesAFileThatIsNoConfiguration) {
  const auto bad = std::filesystem::path(testing::TempDir()) / "coverage_command_test.yaml";
  std::ofstream(bad) << "no_such_key: 1\n";
  EXPECT_EQ(run_coverage(with(bad.string(), {})), kExitUsage);
  std::filesystem::remove(bad);
  EXPECT_EQ(run_coverage(with(bad.string(), {})), kExitUsage) << "missing";
}

TEST(CoverageCommand, RefusesToGuessTheDatabase) {
  const auto empty = std::filesystem::path(testing::TempDir()) / "coverage_command_test";
  std::filesystem::create_directories(empty);
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(empty);
  EXPECT_EQ(run_coverage(with({}, {})), kExitUsage);
  std::filesystem::current_path(here);
  std::filesystem::remove(empty);
}

TEST(CoverageCommand, TellsADatabaseThatIsAwayFromAWrongCommandLine) {
  EXPECT_EQ(run_coverage(with({}, "postgres://nobody@127.0.0.1:1/none")), kExitCannotStart);
}

}  // namespace
}  // namespace kd
