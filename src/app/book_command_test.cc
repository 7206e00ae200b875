#include "app/book_command.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

namespace kd {
namespace {

bool accepted(const std::string& arguments) {
  CLI::App cli;
  bool chosen = false;
  add_book_commands(cli, [&chosen](const auto&) { chosen = true; });
  try {
    cli.parse(arguments);
  } catch (const CLI::ParseError&) {
    return false;
  }
  return chosen;
}

TEST(BookCommandLineTest, TheDepthIsPositive) {
  EXPECT_TRUE(accepted("book KXA-1 --depth 3"));
  for (const char* depth : {"0", "-1", "1.5", "all"}) {
    EXPECT_FALSE(accepted(std::string("book KXA-1 --depth ") + depth)) << depth;
  }
}

}  // namespace
}  // namespace kd
