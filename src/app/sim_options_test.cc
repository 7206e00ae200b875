#include "app/sim_options.h"

#include <gmock/gmock.h>

#include <vector>

#include "app/exit_code.h"

namespace kd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Parsed {
  std::variant<SimOptions, int> result;
  std::string out;
  std::string err;
};

Parsed parse(std::vector<std::string> words) {
  words.insert(words.begin(), "/some/where/exchange-sim-1");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  auto result = parse_sim_options(static_cast<int>(argv.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {std::move(result), std::move(out), testing::internal::GetCapturedStderr()};
}

TEST(SimOptionsTest, RefusesWhatMakesNoSenseAndSaysWhich) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--for", "0"}, "--for"},
      {{"--for", "nan"}, "--for"},
      {{"--rate", "nan"}, "--rate"},
      {{"--rate", "fast"}, "--rate"},
      {{"--churn", "nan"}, "--churn"},
      {{"--read-tokens", "-1"}, "--read-tokens"},
      {{"--replay", "r", "--speed", "inf"}, "--speed"},
      {{"--replay", "r", "--speed", "nan"}, "--speed"},
      {{"--replay", "r", "--speed", "0"}, "--speed"},
      {{"--speed", "2"}, "--speed"},
      {{"--stamps", "ms"}, "--stamps"},
      {{"--replay", "r", "--for", "5s"}, "--for"},
      {{"--replay", "r", "--markets", "5"}, "--markets"},
      {{"--replay", "r", "--rate", "5"}, "--rate"},
      {{"--dance"}, "--dance"},
  };
  for (const auto& [words, named] : cases) {
    const Parsed parsed = parse(words);
    ASSERT_TRUE(std::holds_alternative<int>(parsed.result)) << testing::PrintToString(words);
    EXPECT_EQ(std::get<int>(parsed.result), kExitUsage);
    EXPECT_THAT(parsed.err, AllOf(StartsWith("exchange-sim: "), HasSubstr(named)));
  }
}

TEST(SimOptionsTest, ReadsBothKindsOfPlay) {
  const auto made_up = parse({"--markets", "5", "--rate", "20", "--for", "500ms"}).result;
  ASSERT_TRUE(std::holds_alternative<SimOptions>(made_up));
  EXPECT_EQ(std::get<SimOptions>(made_up).play_for, std::chrono::milliseconds(500));
  const auto replay = parse({"--replay", "r", "--speed", "max", "--stamps", "ms"}).result;
  ASSERT_TRUE(std::holds_alternative<SimOptions>(replay));
  EXPECT_EQ(std::get<SimOptions>(replay).speed, 0);
}

TEST(SimOptionsTest, HelpNamesTheProgramNotItsPath) {
  const Parsed help = parse({"--help"});
  EXPECT_EQ(std::get<int>(help.result), kExitOk);
  EXPECT_THAT(help.out, AllOf(HasSubstr("exchange-sim [OPTIONS]"), Not(HasSubstr("/some/where")),
                              HasSubstr("the same seed makes the same world")));
}

}  // namespace
}  // namespace kd
