#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "app/database_choice.h"

namespace CLI {
class App;
}

namespace kd {

// What `kalshi-data book` was asked for. A value.
struct BookOptions {
  DatabaseChoice databases;
  std::string ticker;
  std::string at = "now";
  std::optional<std::size_t> depth;
  std::optional<std::string> gatherer;
  bool json = false;
};

// Prints the book; the exit code.
int run_book(const BookOptions& options);

void add_book_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
