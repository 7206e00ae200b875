#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"

namespace kd {

// The account a child shall run under; absent: ours.
struct Account {
  uid_t uid;
  gid_t gid;
};

struct ChildOptions {
  std::vector<std::string> command;  // [0] is the program's path
  std::filesystem::path output;      // stdout and stderr are appended here
  std::filesystem::path directory;   // working directory: one the account may enter
  std::optional<Account> account;
  int signal_on_parent_death = 0;  // 0: none
};

// Starts `command` in a session of its own. Its process id.
Expected<pid_t> start_child(const ChildOptions& options);

// The exit code (128 + n when ended by signal n), or nullopt if it still runs after `wait`.
std::optional<int> await_child(pid_t child, std::chrono::milliseconds wait);

}  // namespace kd
