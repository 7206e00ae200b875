#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"

namespace kd {

// A program to run. A value.
struct ProcessPlan {
  std::string name;                  // "gatherer-1"
  std::vector<std::string> command;  // [0] is the program's path
  std::filesystem::path log;         // stdout and stderr are appended here
};

// Starts, watches and stops child processes. None survives it: each gets SIGKILL from the kernel
// when this process (its thread that started them) dies, and from the destructor otherwise.
// Confined to one thread, which must live as long.
class Supervisor {
 public:
  explicit Supervisor(std::filesystem::path directory) : directory_(std::move(directory)) {}
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  Expected<void> start(const ProcessPlan& plan);

  struct Ended {
    std::string name;
    int exit_code;  // 128 + n when ended by signal n
    std::filesystem::path log;
    std::uintmax_t log_begin;  // where in it this start's lines begin
  };
  // A child that ended without having been told to, if there is one; each is told once.
  std::optional<Ended> unexpected_end();

  // Where in its log the lines of a child's last start begin; 0 when there is no such child.
  std::uintmax_t log_begin(const std::string& name) const;

  bool running(const std::string& name);
  // Nothing when there is no such child.
  std::optional<pid_t> id_of(const std::string& name) const;
  void signal(const std::string& name, int number);

  // SIGTERM to all of them at once, then waits for each. The error names the first that did not
  // end within `patience` (it is killed) or ended with a code other than 0.
  Expected<void> stop(const std::vector<std::string>& names, std::chrono::milliseconds patience);
  // SIGKILL, and waits.
  void kill(const std::string& name);
  void kill_all();

 private:
  struct Child {
    pid_t id = -1;
    std::filesystem::path log;
    std::uintmax_t log_begin = 0;
    std::optional<int> exit_code;
    bool expected_to_end = false;
  };

  void reap(Child& child, std::chrono::milliseconds wait);

  const std::filesystem::path directory_;  // where they run
  std::map<std::string, Child> children_;
};

// "exit code 3" or "signal 9 (Killed)".
std::string describe_exit(int exit_code);

// The last lines of a text file behind its first `begin` bytes; empty when it cannot be read.
std::string tail_of(const std::filesystem::path& file, std::size_t lines, std::uintmax_t begin = 0);

}  // namespace kd
