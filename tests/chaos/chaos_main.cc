#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "chaos/chaos_run.h"

namespace {

int play(const std::vector<std::string>& names, const kd::ChaosOptions& options) {
  int failed = 0;
  std::fputs(kd::chaos_head().c_str(), stdout);
  for (const auto& scenario : kd::scenarios()) {
    if (!names.empty() && std::ranges::find(names, scenario.name) == names.end()) continue;
    const auto result = kd::run_chaos(scenario, options);
    if (!result) {
      std::printf("| %s | FAILED: %s |\n", scenario.name.c_str(), result.error().what.c_str());
      ++failed;
      continue;
    }
    std::fputs(kd::chaos_row(scenario, *result).c_str(), stdout);
    if (!kd::holds(scenario, *result)) {
      std::printf("%s does NOT hold\n", scenario.name.c_str());
      for (const auto& example : result->audit.examples) std::printf("  %s\n", example.c_str());
      ++failed;
    }
    std::fflush(stdout);
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Plays trouble with the whole platform and audits what is left.\n"
      "  kd_chaos                          every scenario, 10 s each\n"
      "  kd_chaos drop kills --seconds 60  two of them, a minute each");
  std::vector<std::string> names;
  std::vector<std::string> known;
  for (const auto& scenario : kd::scenarios()) known.push_back(scenario.name);
  kd::ChaosOptions options;
  options.programs = KD_BINARY_DIR;
  options.directory = std::filesystem::path(KD_BINARY_DIR) / "chaos";
  double seconds = 10;
  app.add_option("scenarios", names, "All when none is named")->check(CLI::IsMember(known));
  app.add_option("--seconds", seconds, "Length of each run")->check(CLI::Range(1.0, 1e6));
  app.add_option("--rate", options.rate, "Messages a second");
  app.add_option("--markets", options.markets, "Markets open at any time");
  app.add_option("--connections", options.connections, "Sockets of one gatherer");
  app.add_option("--programs", options.programs, "Where the programs are")
      ->check(CLI::ExistingDirectory);
  app.add_option("--dir", options.directory, "Where it runs; wiped");
  CLI11_PARSE(app, argc, argv);
  options.length = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
  try {
    return play(names, options);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "kd_chaos: %s\n", problem.what());
    return 1;
  }
}
