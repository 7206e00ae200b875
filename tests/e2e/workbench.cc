#include "e2e/workbench.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>

#include "database/child_process.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::minutes kPatience{3};

std::string unique_name(const std::string& prefix) {
  static std::atomic<int> count = 0;
  return prefix + std::to_string(::getpid()) + "_" + std::to_string(count++);
}

}  // namespace

// Below /tmp, where the account of the PostgreSQL servers may pass.
Workbench::Workbench() : directory_(fs::temp_directory_path() / unique_name("kd_e2e_")) {
  fs::remove_all(directory_);
  fs::create_directories(directory_);
}

Workbench::~Workbench() {
  std::error_code ignored;
  if (!testing::Test::HasFailure()) fs::remove_all(directory_, ignored);
}

void Workbench::write(const std::string& name, const std::string& text) const {
  fs::create_directories((directory_ / name).parent_path());
  std::ofstream(directory_ / name) << text;
}

fs::path program(const std::string& name) { return fs::path(KD_BINARY_DIR) / name; }

Outcome run_program(const std::vector<std::string>& command) {
  const fs::path output = fs::temp_directory_path() / unique_name("kd_e2e_output_");
  const auto child = start_child({.command = command,
                                  .output = output,
                                  .directory = fs::temp_directory_path(),
                                  .account = {},
                                  .signal_on_parent_death = SIGKILL});
  EXPECT_TRUE(child) << child.error().what;
  Outcome outcome;
  if (child) {
    const auto code = await_child(*child, kPatience);
    if (!code) {
      ::kill(*child, SIGKILL);
      ADD_FAILURE() << command.front() << " does not end";
    }
    outcome = {code.value_or(-1), read_file(output)};
  }
  fs::remove(output);
  return outcome;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file);
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

std::vector<int> processes_with(const std::string& text) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (std::stoi(name) == ::getpid()) continue;
    if (read_file(entry.path() / "cmdline").find(text) != std::string::npos) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

}  // namespace kd
