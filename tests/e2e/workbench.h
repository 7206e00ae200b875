#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kd {

// A directory of its own for one test, removed at its end.
class Workbench {
 public:
  Workbench();
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path directory_;
};

struct Outcome {
  int exit_code = -1;  // 128 + n: ended by signal n; -1: did not end
  std::string output;  // stdout and stderr
};

// Where our programs are.
std::filesystem::path program(const std::string& name);

// Runs a program to its end, with a generous time to it; then it is killed.
Outcome run_program(const std::vector<std::string>& command);

std::string read_file(const std::filesystem::path& file);

// The process ids of programs whose command line contains `text`.
std::vector<int> processes_with(const std::string& text);

}  // namespace kd
