#include "config/environment.h"

#include <gtest/gtest.h>

#include <map>

namespace kd {
namespace {

Environment of(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(EnvironmentTest, ReplacesVariablesDefaultsAndRequired) {
  const auto environment = of({{"HOST", "db"}, {"EMPTY", ""}});
  EXPECT_EQ(substitute("${HOST}", environment), "db");
  EXPECT_EQ(substitute("a${HOST}b${EMPTY}c", environment), "adbbc");
  EXPECT_EQ(substitute("${PORT:-5432}", environment), "5432");
  EXPECT_EQ(substitute("${EMPTY:-x:y}", environment), "x:y");
  EXPECT_EQ(substitute("${HOST:?needed}", environment), "db");
}

TEST(EnvironmentTest, LeavesEveryOtherDollarAlone) {
  EXPECT_EQ(substitute("a$b$$c$", of({})), "a$b$$c$");
  EXPECT_EQ(substitute("$${HOST}", of({{"HOST", "db"}})), "${HOST}");
}

TEST(EnvironmentTest, DoesNotLookAgainAtWhatItPutIn) {
  EXPECT_EQ(substitute("${A}", of({{"A", "a$b\"c:#${B}"}})), "a$b\"c:#${B}");
}

TEST(EnvironmentTest, SaysWhichVariableIsMissing) {
  EXPECT_EQ(substitute("${HOST}", of({})).error().what, "environment variable HOST is not set");
  EXPECT_EQ(substitute("${HOST:?say where}", of({})).error().what,
            "environment variable HOST: say where");
}

TEST(EnvironmentTest, RefusesWhatIsNoSubstitution) {
  for (const auto text : {"${", "${}", "${1A}", "${A:b}", "${A:=b}", "${A B}"}) {
    EXPECT_FALSE(substitute(text, of({{"A", "1"}}))) << text;
  }
}

}  // namespace
}  // namespace kd
